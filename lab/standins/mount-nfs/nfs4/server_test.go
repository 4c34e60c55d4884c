// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package nfs4

import (
	"encoding/binary"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// answer is how the server reacts to operations behind SEQUENCE.
type answer struct {
	sequenced uint32 // status of SEQUENCE itself
	status    uint32
	results   []byte
	cut       bool // done and kept, but the connection ends before the reply
	silent    bool // done and kept, but no reply comes
}

// server is a server of NFSv4.1 sessions whose slots keep their last reply. What comes behind SEQUENCE is answered by act, which gets the number
// of the request and the operations in it.
type server struct {
	listener net.Listener
	act      func(number int, operations []byte) answer

	mu       sync.Mutex
	sessions int
	done     int // requests that were acted on, not those answered again
	slots    map[[2]uint32]kept
	gone     []string
}

type kept struct {
	sequence uint32
	reply    []byte
}

func start(t *testing.T, act func(int, []byte) answer) (*server, *Client) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{listener: listener, act: act, slots: map[[2]uint32]kept{}}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			tcp, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(tcp)
		}
	}()
	client, err := Dial(listener.Addr().String(), t.Name(), false)
	if err != nil {
		t.Fatal(err)
	}
	client.silence, client.conn.silence = 200*time.Millisecond, 200*time.Millisecond
	return s, client
}

func (s *server) serve(tcp net.Conn) {
	defer tcp.Close()
	for {
		record, err := readRecord(tcp)
		if err != nil {
			return
		}
		d := &decoder{b: record}
		xid := d.uint32()
		d.fixed(20) // call, RPC version, program, version, procedure
		d.uint32()
		d.opaque() // credential
		d.fixed(8) // verifier
		d.opaque() // tag
		d.fixed(8) // minor version, number of operations
		reply, how := s.compound(d.b)
		if how.cut {
			return
		}
		if how.silent {
			continue
		}
		e := &encoder{b: make([]byte, 4)}
		e.uint32(xid, 1, 0, 0, 0, 0).fixed(reply)
		binary.BigEndian.PutUint32(e.b, uint32(len(e.b)-4)|1<<31)
		if _, err := tcp.Write(e.b); err != nil {
			return
		}
	}
}

// compound returns the body of a reply: status, tag, number of results, results.
func (s *server) compound(operations []byte) ([]byte, answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &decoder{b: operations}
	body := func(status uint32, results []byte) []byte {
		return new(encoder).uint32(status, 0, 0).fixed(results).b
	}
	switch d.uint32() {
	case opExchangeID:
		s.sessions++
		return body(0, new(encoder).uint32(opExchangeID, 0).uint64(7).uint32(1).b), answer{}
	case opCreateSession:
		id := make([]byte, 16)
		id[15] = byte(s.sessions)
		e := new(encoder).uint32(opCreateSession, 0).fixed(id).uint32(1, 0)
		return body(0, e.uint32(0, 1<<20+overhead, 1<<20+overhead, 8192, 16, 2).b), answer{}
	case opDestroySession:
		s.gone = append(s.gone, "session")
		return body(0, nil), answer{}
	case opDestroyClientID:
		s.gone = append(s.gone, "client")
		return body(0, nil), answer{}
	}
	session := uint32(d.fixed(16)[15])
	sequence, id := d.uint32(), d.uint32()
	d.fixed(8)
	place := [2]uint32{session, id}
	if last := s.slots[place]; last.sequence == sequence {
		return last.reply, answer{}
	}
	head := func(status uint32) *encoder {
		return new(encoder).uint32(opSequence, status).fixed(make([]byte, 36))
	}
	if session != uint32(s.sessions) {
		return body(10052, new(encoder).uint32(opSequence, 10052).b), answer{}
	}
	if sequence != s.slots[place].sequence+1 {
		return body(10063, new(encoder).uint32(opSequence, 10063).b), answer{}
	}
	if len(d.b) >= 4 && binary.BigEndian.Uint32(d.b) == opReclaimComplete {
		reply := body(0, head(0).b)
		s.slots[place] = kept{sequence, reply}
		return reply, answer{}
	}
	s.done++
	how := s.act(s.done, slices.Clone(d.b))
	reply := body(how.status, head(0).fixed(how.results).b)
	if how.sequenced != 0 {
		return body(how.sequenced, new(encoder).uint32(opSequence, how.sequenced).b), how
	}
	s.slots[place] = kept{sequence, reply}
	return reply, how
}

func (s *server) count() (done, sessions int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done, s.sessions
}
