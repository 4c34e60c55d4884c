# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for YuniKorn's scheduler: its REST paths over the live ConfigMaps, pods and nodes of a cluster.

It loads, refuses, drains and revives queues as YuniKorn does, and counts what pods use. It schedules nothing and enforces nothing.
What YuniKorn's validator says of a config is looked up in recorded answers, never decided here, and nothing is shared with the
collection's own core, so that a wrong rule there can't prove itself. Python's standard library and PyYAML are all it needs.
"""
