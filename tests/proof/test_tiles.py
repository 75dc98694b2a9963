import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.proof.tiles import HEIGHT, MissingTileError, edge_tiles, node_of, read_tile_path, root_in, split, tile_path
from groupchat.proof.tree import root_of
from tests.proof.trees import Kept, leaves, naive_root

ALL = leaves(66_000)


@given(st.lists(st.integers(1, 700), max_size=6))
def test_tiles_are_the_same_however_many_leaves_come_at_a_time_R70(portions):
    kept = Kept()
    for portion in portions:
        kept.add(ALL[kept.size : kept.size + portion])
    assert kept.tiles == Kept(ALL[: kept.size], at_once=10_000).tiles


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 65_535, 65_536, 65_537])
def test_the_root_is_found_in_the_tiles_R70(size):
    assert root_in(Kept(ALL[:size], at_once=10_000).read, size) == root_of(ALL[:size])


def test_a_tile_that_has_grown_still_gives_the_roots_of_before_R70():
    kept = Kept(ALL[:600])
    assert [root_in(kept.read, size) for size in (1, 300, 599)] == [naive_root(ALL[:size]) for size in (1, 300, 599)]


def test_each_hash_of_a_tile_is_the_root_of_the_full_tile_below_R70():
    kept = Kept(ALL, at_once=10_000)
    for (level, number), hashes in kept.tiles.items():
        if level:
            below = [kept.read(level - 1, (number << HEIGHT) + each) for each in range(len(split(hashes)))]
            assert split(hashes) == [root_of(split(each)) for each in below]


def test_the_last_tiles_of_the_standards_example_have_its_widths_R70():
    assert list(edge_tiles(70_000)) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(edge_tiles(256)) == [(0, 1, 0), (1, 0, 1)]


def test_paths_are_those_of_the_standard_R70():
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(1, 0, 17) == "tile/1/000.p/17"


def test_a_missing_tile_is_named_R70():
    kept = Kept(ALL[:600])
    del kept.tiles[0, 1]
    with pytest.raises(MissingTileError, match=r"The tile tile/0/001 is missing or incomplete\."):
        node_of(kept.read)(0, 300)


@given(st.integers(0, 10**18 - 1), st.integers(1, 256))
def test_paths_are_read_as_they_are_written_R70(number, width):
    _, level, path = tile_path(3, number, width).split("/", 2)
    assert read_tile_path(level, path) == (number, width)


@pytest.mark.parametrize(
    ("level", "path"),
    [
        *(("0", path) for path in ("", "1", "001/234", "x001", "x000/001", "9" * 40, "٣٣٣", "001/")),
        *(("0", f"001.p/{width}") for width in ("", "0", "017", "256", "257")),
        *((level, "001") for level in ("00", "a", "-1", "")),
    ],
)
def test_other_paths_are_not_tiles_R70(level, path):
    assert read_tile_path(level, path) is None
