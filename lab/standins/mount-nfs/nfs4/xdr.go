// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package nfs4

import (
	"encoding/binary"
	"errors"
)

// errShort is a reply that ends before what it announces.
var errShort = errors.New("nfs4: the reply is too short")

// encoder appends XDR (RFC 4506).
type encoder struct{ b []byte }

func (e *encoder) uint32(values ...uint32) *encoder {
	for _, v := range values {
		e.b = binary.BigEndian.AppendUint32(e.b, v)
	}
	return e
}

func (e *encoder) uint64(v uint64) *encoder {
	e.b = binary.BigEndian.AppendUint64(e.b, v)
	return e
}

// fixed appends bytes whose number both sides know, a multiple of four.
func (e *encoder) fixed(p []byte) *encoder {
	e.b = append(e.b, p...)
	return e
}

func (e *encoder) opaque(p []byte) *encoder {
	e.uint32(uint32(len(p)))
	e.b = append(e.b, p...)
	for len(e.b)%4 != 0 {
		e.b = append(e.b, 0)
	}
	return e
}

func (e *encoder) text(s string) *encoder { return e.opaque([]byte(s)) }

// decoder reads XDR. What comes after the first error is zero, so that the error is looked at once, at the end.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fixed(n int) []byte {
	if d.err == nil && (n < 0 || n > len(d.b)) {
		d.err = errShort
	}
	if d.err != nil {
		// callers index small fields; what they index must be there
		return make([]byte, min(max(n, 0), 64))
	}
	p := d.b[:n:n]
	d.b = d.b[n:]
	return p
}

func (d *decoder) uint32() uint32 { return binary.BigEndian.Uint32(d.fixed(4)) }
func (d *decoder) uint64() uint64 { return binary.BigEndian.Uint64(d.fixed(8)) }
func (d *decoder) bool() bool     { return d.uint32() != 0 && d.err == nil }

func (d *decoder) opaque() []byte {
	n := d.uint32()
	if d.err == nil && uint64(n) > uint64(len(d.b)) {
		d.err = errShort
	}
	if d.err != nil {
		return nil
	}
	p := d.fixed(int(n))
	d.fixed(int(-n & 3))
	return p
}

// bitmap reads a bitmap4; bits past the third word are of no interest here.
func (d *decoder) bitmap() (words [3]uint32) {
	n := d.uint32()
	for i := uint32(0); i < n && d.err == nil; i++ {
		if v := d.uint32(); i < 3 {
			words[i] = v
		}
	}
	return words
}
