// Command verify checks checkpoints, proofs and tiles with Go's own libraries, which know nothing of groupchat.
//
// It reads one JSON object on standard input and prints what it found, one word a line. The first line that is not as
// it must be is printed as an error, with exit code 1.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type given struct {
	Verifier    string            // the log's public key
	Secret      string            // its private key: Go signs with it, too
	Old, New    string            // two checkpoints
	Leaf        string            // a leaf, in Base64
	Index       int64             // its index
	Inclusion   []string          // its proof in the new tree
	Consistency []string          // the proof that the new tree begins with the old one
	Tiles       map[string]string // tiles by path, in Base64
}

func main() {
	var in given
	check(json.NewDecoder(os.Stdin).Decode(&in))
	verifier, err := note.NewVerifier(in.Verifier)
	check(err)
	old, new := open(in.Old, verifier), open(in.New, verifier)
	fmt.Println("checkpoints")

	leaf, err := base64.StdEncoding.DecodeString(in.Leaf)
	check(err)
	check(tlog.CheckRecord(tlog.RecordProof(hashes(in.Inclusion)), new.N, new.Hash, in.Index, tlog.RecordHash(leaf)))
	fmt.Println("inclusion")

	check(tlog.CheckTree(tlog.TreeProof(hashes(in.Consistency)), new.N, new.Hash, old.N, old.Hash))
	fmt.Println("consistency")

	reader := tlog.TileHashReader(new, tiles(in.Tiles))
	proof, err := tlog.ProveRecord(new.N, in.Index, reader)
	check(err)
	check(tlog.CheckRecord(proof, new.N, new.Hash, in.Index, tlog.RecordHash(leaf)))
	root, err := tlog.TreeHash(old.N, reader)
	check(err)
	if root != old.Hash {
		check(fmt.Errorf("the tiles give another root for the old tree"))
	}
	fmt.Println("tiles")

	signer, err := note.NewSigner(in.Secret)
	check(err)
	signed, err := note.Sign(&note.Note{Text: text(new, signer.Name())}, signer)
	check(err)
	if string(signed) != in.New {
		check(fmt.Errorf("Go signs another note: %s", signed))
	}
	fmt.Println("signing")
}

func open(text string, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	check(err)
	var origin, root string
	var tree tlog.Tree
	_, err = fmt.Sscanf(opened.Text, "%s\n%d\n%s\n", &origin, &tree.N, &root)
	check(err)
	tree.Hash, err = tlog.ParseHash(root)
	check(err)
	return tree
}

func text(tree tlog.Tree, origin string) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, tree.N, tree.Hash)
}

func hashes(coded []string) []tlog.Hash {
	var found []tlog.Hash
	for _, each := range coded {
		hash, err := tlog.ParseHash(each)
		check(err)
		found = append(found, hash)
	}
	return found
}

// tiles are 256 hashes wide: of height 8. Their paths in Go begin with the height, in the standard's form they don't.
type tiles map[string]string

func (tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, each := range wanted {
		path := "tile/" + each.Path()[len("tile/8/"):]
		coded, ok := t[path]
		if !ok {
			return nil, fmt.Errorf("there is no %s", path)
		}
		tile, err := base64.StdEncoding.DecodeString(coded)
		if err != nil {
			return nil, err
		}
		found = append(found, tile)
	}
	return found, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}
