# `make` explains itself. Every target says its progress; what takes long is cached in KUBEHUB_CACHE (default ~/.cache/kubehub).
# A lab has a name and a subnet of its own, so that several stand side by side: make lab LAB_NAME=two LAB_SUBNET=198.18.9.0/24
LAB_NAME ?= kubehub
LAB_SUBNET ?= 198.18.7.0/24
export LAB_NAME LAB_SUBNET

.DEFAULT_GOAL := help
.PHONY: help doctor bootstrap lab lab-login lab-destroy check test test-long pages lock

help: ## Explain the targets
	@echo 'make TARGET, where TARGET is one of'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo 'Settings (make TARGET NAME=value): LAB_NAME, LAB_SUBNET, LAB_DEBIAN=12|13, LAB_SOURCE=auto|download|build, LAB_CHARTS=DIR, LAB_EXTRA_IMAGES=DIR, KUBEHUB_CACHE'

doctor: ## Say whether this machine can carry a lab: all reasons at once, each with what to do
	@lab/doctor.sh

lab: ## Bring up nine machines and run site.yml on them to a verified cluster (again: quick, changes nothing)
	@lab/lab.sh

lab-login: ## Open a root shell on a machine of the lab: make lab-login M=cp1
	@lab/login.sh $(M)

lab-destroy: ## Remove the lab; what is cached stays for the next one
	@lab/destroy.sh

check: bootstrap ## Lint, types, unit and property tests, sanity: no root, no containers
	@lab/check.sh

test: ## What CI runs: check, then every lab test in a lab of its own
	@lab/test.sh

test-long: ## Interruptions, kills and replacements, in labs of their own
	@lab/test-long.sh

bootstrap: ## Make the Python environment .venv and the link by which the checkout is kubehub.platform
	@lab/bootstrap.sh

pages: bootstrap ## Write the pages of the documentation that are made from the code's own registries
	@PYTHONPATH=.collections .venv/bin/python -m lab.check.pages

lock: bootstrap ## Pin requirements.in's newest versions, with hashes, in requirements.txt
	@lab/lock.sh
