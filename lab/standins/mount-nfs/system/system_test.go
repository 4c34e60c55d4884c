// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package system

import (
	"reflect"
	"slices"
	"testing"
)

func TestCommandLines(t *testing.T) {
	plain := Options{Port: "2049", Reserved: true}
	for _, c := range []struct {
		args []string
		want Request
	}{
		// as mount(8) calls it for kubelet
		{
			[]string{"198.18.7.41:/srv/homes", "/var/lib/kubelet/x", "-o", "rw,vers=4.2,hard"},
			Request{"198.18.7.41:/srv/homes", "198.18.7.41", []string{"srv", "homes"}, "/var/lib/kubelet/x", plain},
		},
		{
			[]string{"nfs1:/", "/mnt", "-v", "-o", "ro,port=2050,noresvport"},
			Request{"nfs1:/", "nfs1", []string{}, "/mnt", Options{"2050", true, false}},
		},
		{[]string{"-r", "nfs1:/a//b/", "/mnt"}, Request{"nfs1:/a//b/", "nfs1", []string{"a", "b"}, "/mnt", Options{"2049", true, true}}},
		{[]string{"[2001:db8::1]:/a", "/mnt"}, Request{"[2001:db8::1]:/a", "2001:db8::1", []string{"a"}, "/mnt", plain}},
	} {
		got, err := Parse(c.args)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, %v, wanted %+v", c.args, got, err, c.want)
		}
	}
}

func TestCommandLinesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"nfs1:/a"}, "usage: mount.nfs SERVER:/PATH FOLDER [-rw] [-o OPTIONS]"},
		{[]string{"nfs1", "/mnt"}, "nfs1: wanted SERVER:/PATH"},
		{[]string{":/a", "/mnt"}, ":/a: wanted SERVER:/PATH"},
	} {
		if _, err := Parse(c.args); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, wanted %q", c.args, err, c.want)
		}
	}
}

const status = "Name:\tsh\nUid:\t1000\t1000\t1000\t1000\nGroups:\t100 1000 4242 \nSigQ:\t0/1\nSigPnd:\t0000000000000000\nShdPnd:\t%\n"

func TestGroups(t *testing.T) {
	if got, want := GroupsIn([]byte(status)), []uint32{100, 1000, 4242}; !slices.Equal(got, want) {
		t.Errorf("%v, wanted %v", got, want)
	}
	if got := GroupsIn([]byte("Name:\tGroups: 1\nGroups:\t\n")); got != nil {
		t.Errorf("%v, wanted none", got)
	}
}

func TestKilled(t *testing.T) {
	for pending, want := range map[string]bool{"0000000000000000": false, "0000000000000100": true, "0000000000004002": false, "0000000000014100": true} {
		if got := Killed([]byte("SigPnd:\t0000000000000000\nShdPnd:\t" + pending + "\n")); got != want {
			t.Errorf("%s: %v, wanted %v", pending, got, want)
		}
	}
}
