// Package yamltree reads a YAML file into a tree of nodes that know their line.
//
// There is no decoder: the text of a scalar is what is written (8080, on and 1.0
// are not converted), duplicate fields are kept for the caller to judge, and
// errors hold a line and nothing of the file. An alias stands for a scalar only,
// so that a small file cannot become a large tree.
package yamltree

import (
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Kind is what a node is.
type Kind uint8

const (
	Empty   Kind = iota // of an empty file
	Scalar              // Text or Null
	List                // Items
	Mapping             // Fields
	Alias               // of a list, a mapping, or of the name of a field
)

// Node is a part of a file.
type Node struct {
	Kind   Kind
	Line   int
	Text   string
	Null   bool // null, ~ or nothing at all
	Items  []Node
	Fields []Field
}

// Field is an entry of a mapping.
type Field struct{ Key, Value Node }

// Error is why a file was not read.
type Error struct {
	Line   int // 0: unknown
	Reason string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return "line " + strconv.Itoa(e.Line) + ": " + e.Reason
}

// Parse reads a file of one document.
func Parse(data []byte) (root Node, err error) {
	defer func() {
		// It is not our parser, and the file may be anybody's.
		if recover() != nil {
			root, err = Node{}, &Error{Reason: invalid}
		}
	}()
	file, err := parse(data)
	if err != nil {
		return Node{}, err
	}
	var body ast.Node
	documents := 0
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() == ast.DirectiveType {
			continue
		}
		if documents++; documents > 1 {
			return Node{}, &Error{Reason: "want one YAML document"}
		}
		body = d.Body
	}
	if body == nil {
		return Node{}, nil
	}
	b := builder{scalars: map[string]Node{}}
	root = b.node(body)
	return root, b.fault()
}

// builder follows the anchors of a document.
type builder struct {
	scalars map[string]Node // by anchor; other nodes are not followed
	faulty  int             // the line of an alias without an anchor
}

func (b *builder) fault() error {
	if b.faulty == 0 {
		return nil
	}
	return &Error{Line: b.faulty, Reason: invalid}
}

func (b *builder) node(n ast.Node) Node {
	switch n := n.(type) {
	case *ast.MappingNode:
		m := Node{Kind: Mapping, Line: line(n), Fields: make([]Field, 0, len(n.Values))}
		for _, v := range n.Values {
			m.Fields = append(m.Fields, Field{b.key(v.Key), b.node(v.Value)})
		}
		return m
	case *ast.MappingValueNode:
		return Node{Kind: Mapping, Line: line(n), Fields: []Field{{b.key(n.Key), b.node(n.Value)}}}
	case *ast.SequenceNode:
		l := Node{Kind: List, Line: line(n), Items: make([]Node, 0, len(n.Values))}
		for _, v := range n.Values {
			l.Items = append(l.Items, b.node(v))
		}
		return l
	case *ast.AnchorNode:
		name := n.Name.GetToken().Value
		b.scalars[name] = Node{Kind: Alias}
		v := b.node(n.Value)
		if v.Kind == Scalar {
			b.scalars[name] = v
		}
		return v
	case *ast.AliasNode:
		to, known := b.scalars[n.Value.GetToken().Value]
		if !known && b.faulty == 0 {
			b.faulty = line(n)
		}
		to.Line = line(n)
		return to
	case *ast.TagNode:
		v := b.node(n.Value)
		v.Null = v.Null && n.GetToken().Value == "!!null"
		return v
	case *ast.LiteralNode:
		return Node{Kind: Scalar, Line: line(n), Text: n.Value.Value}
	case *ast.NullNode:
		null := Node{Kind: Scalar, Line: line(n), Null: true}
		if t := n.GetToken(); t.Type == token.NullType {
			null.Text = t.Value
		}
		return null
	case ast.ScalarNode:
		return Node{Kind: Scalar, Line: line(n), Text: n.GetToken().Value}
	}
	return Node{Kind: Scalar, Null: true}
}

// key is the name of a field. What an alias stands for may be a value of
// another field, which no message may hold; so it is not followed here.
func (b *builder) key(n ast.Node) Node {
	if k, ok := n.(*ast.MappingKeyNode); ok {
		n = k.Value
	}
	if n.Type() == ast.AliasType {
		return Node{Kind: Alias, Line: line(n)}
	}
	return b.node(n)
}

func line(n ast.Node) int { return n.GetToken().Position.Line }
