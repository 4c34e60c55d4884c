// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package system

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// Options are those of mount.nfs that matter here; the others (vers, hard, timeo ...) say what this client does anyway or cannot do.
type Options struct {
	Port     string
	ReadOnly bool
	Reserved bool // come from a port below 1024
}

// Request is a command line.
type Request struct {
	Source, Server string
	Names          []string // from the server's root to the exported folder
	Target         string
	Options        Options
}

// Parse reads what mount(8) gives to its helpers.
func Parse(args []string) (Request, error) {
	r := Request{Options: Options{Port: "2049", Reserved: true}}
	var places []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "-o" && len(args) > 0:
			for option := range strings.SplitSeq(args[0], ",") {
				switch name, value, _ := strings.Cut(option, "="); name {
				case "port":
					r.Options.Port = value
				case "ro":
					r.Options.ReadOnly = true
				case "rw":
					r.Options.ReadOnly = false
				case "noresvport":
					r.Options.Reserved = false
				case "resvport":
					r.Options.Reserved = true
				}
			}
			args = args[1:]
		case !strings.HasPrefix(arg, "-"):
			places = append(places, arg)
		case strings.Contains(arg, "r") && !strings.HasPrefix(arg, "--"):
			r.Options.ReadOnly = true
		}
	}
	if len(places) != 2 {
		return r, errors.New("usage: mount.nfs SERVER:/PATH FOLDER [-rw] [-o OPTIONS]")
	}
	r.Source, r.Target = places[0], places[1]
	server, exported, found := strings.Cut(r.Source, ":/")
	if !found || server == "" {
		return r, fmt.Errorf("%s: wanted SERVER:/PATH", r.Source)
	}
	r.Server = strings.Trim(server, "[]")
	r.Names = strings.FieldsFunc(path.Clean("/"+exported), func(letter rune) bool { return letter == '/' })
	return r, nil
}
