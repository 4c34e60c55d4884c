// Copyright: (c) 2026, kubehub contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package system reads what the machine tells of the work to do: mount(8)'s command line, and the processes that ask for files.
package system

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"
	"syscall"
)

// statusField returns the words of a line of /proc/PID/status.
func statusField(status []byte, name string) []string {
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if words, found := strings.CutPrefix(lines.Text(), name+":"); found {
			return strings.Fields(words)
		}
	}
	return nil
}

// GroupsIn reads the further groups from the text of /proc/PID/status (proc(5)).
func GroupsIn(status []byte) (list []uint32) {
	for _, word := range statusField(status, "Groups") {
		if number, err := strconv.ParseUint(word, 10, 32); err == nil {
			list = append(list, uint32(number))
		}
	}
	return list
}

// Killed says whether SIGKILL waits for the process: of a hard mount, too, it must come loose.
func Killed(status []byte) bool {
	for _, name := range []string{"SigPnd", "ShdPnd"} {
		if words := statusField(status, name); len(words) == 1 {
			if set, err := strconv.ParseUint(words[0], 16, 64); err == nil && set&(1<<(uint(syscall.SIGKILL)-1)) != 0 {
				return true
			}
		}
	}
	return false
}
