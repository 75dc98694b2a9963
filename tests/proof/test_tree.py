from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.proof.tree import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    range_root,
    root_by_inclusion,
    root_of,
)
from tests.proof.trees import Kept, leaves, naive_root

LEAVES = [bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ALL = leaves(600)
KEPT = Kept(ALL)
SIZES = st.integers(1, len(ALL))


def test_the_tree_of_the_certificate_transparency_tests_has_their_root_R70():
    root = root_of(list(map(leaf_hash, LEAVES)))
    assert root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_root_of_no_leaves_is_the_hash_of_nothing_R70():
    assert root_of([]) == sha256(b"").digest()


@given(SIZES)
def test_a_root_is_that_of_the_definition_word_for_word_R70(size):
    assert root_of(ALL[:size]) == range_root(KEPT.node, 0, size) == naive_root(ALL[:size])


def test_full_subtrees_can_be_added_instead_of_their_leaves_R70():
    frontier = Frontier()
    frontier.add(naive_root(ALL[:512]), 9)
    frontier.add(naive_root(ALL[512:576]), 6)
    for hashed in ALL[576:]:
        frontier.add(hashed)
    assert (frontier.size, frontier.root()) == (600, naive_root(ALL))


@given(SIZES, st.data())
def test_each_leaf_leads_to_the_root_by_its_proof_and_by_no_other_R70(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(KEPT.node, index, size)
    root = naive_root(ALL[:size])
    assert root_by_inclusion(ALL[index], index, size, proof) == root
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert root_by_inclusion(ALL[other], index, size, proof) != root
        assert root_by_inclusion(ALL[index], other, size, proof) != root
    if proof:
        assert root_by_inclusion(ALL[index], index, size, proof[:-1]) != root
    assert root_by_inclusion(ALL[index], index, size, [*proof, ALL[0]]) != root


@given(SIZES, SIZES, st.data())
def test_a_tree_is_consistent_with_its_own_beginning_and_with_no_other_R70(one, other, data):
    old, new = sorted((one, other))
    old_root, new_root = naive_root(ALL[:old]), naive_root(ALL[:new])
    proof = consistency_proof(KEPT.node, old, new)
    assert is_consistent(old, old_root, new, new_root, proof)
    changed = list(ALL[:old])
    changed[data.draw(st.integers(0, old - 1))] = leaf_hash(b"changed")
    assert not is_consistent(old, naive_root(changed), new, new_root, proof)
    assert not is_consistent(old, old_root, new, leaf_hash(b"other"), proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not is_consistent(old, old_root, new, new_root, [*proof[:at], *proof[at + 1 :]])
        assert not is_consistent(old, old_root, new, new_root, [*proof[:at], leaf_hash(b"made up"), *proof[at + 1 :]])


@pytest.mark.parametrize("index", [-1, 8, 9])
def test_a_leaf_outside_the_tree_has_no_proof_R70(index):
    assert root_by_inclusion(ALL[0], index, 8, []) is None


def test_every_tree_is_consistent_with_the_empty_one_and_none_with_a_longer_one_R70():
    assert is_consistent(0, root_of([]), 5, naive_root(ALL[:5]), [])
    assert not is_consistent(5, naive_root(ALL[:5]), 4, naive_root(ALL[:4]), [])
    assert not is_consistent(5, naive_root(ALL[:5]), 5, naive_root(ALL[1:6]), [])
