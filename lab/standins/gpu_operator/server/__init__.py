# Copyright: (c) 2026, kubehub contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for NVIDIA's GPU Operator and what it runs, on machines without GPUs. Its parts are named in the chart's README."""
