# probe: everything that a newcomer needs, a line each in `make help`.

PREFIX  ?= /usr/local
DESTDIR ?=

# The shipped binary is linked statically, libc included: it starts in half the time (Docs/Decisions).
RELEASE := -c release --static-swift-stdlib -Xswiftc -static-executable -Xlinker -s
BINARY  := .build/release/probe
SHELL   := /bin/bash
SCRIPTS := .ci/run .packaging/deb .packaging/stamp .packaging/tarball Tests/packages Tests/run Tests/other-tcps Tests/OtherTCPs/inside Tests/path-lab Tests/limited Tests/audit Tests/conformance Tests/docs Tests/documents Tests/examples Tests/manpage-check \
  Tests/completions Tests/words Tests/system-calls Tests/Fuzz/run Tests/KernelTests/laboratory.sh

.DEFAULT_GOAL := help
.PHONY: help build deb tarball packages hotpaths documents schema debug test lint format audit allocations fuzz mutants bench pages demo install uninstall setcap examples manual docs check clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The linker writes the program piecemeal. Written again in one go its pages are mapped in fewer, larger pieces, and a
# start takes 0.2 ms less (Tests/Bench/startup), as it does for an installed copy.
build: ## the release binary, statically linked: .build/release/probe
	@set -o pipefail; swift build $(RELEASE) --product probe 2>&1 | { grep -v -e "statically linked applications requires" -e '^$$' || true; }
	@.packaging/stamp $(BINARY)

# Measures the rooms themselves, and is no part of the product.
hotpaths: build
	@set -o pipefail; swift build $(RELEASE) --product HotPaths 2>&1 | { grep -v -e "statically linked applications requires" -e '^$$' || true; }

# Prints what the documentation has of the program's tables, and is no part of the product.
documents: build
	@set -o pipefail; swift build $(RELEASE) --product Documents 2>&1 | { grep -v -e "statically linked applications requires" -e '^$$' || true; }

debug: ## the debug build
	swift build

test: ## all tests; those of the network in a namespace of their own
	Tests/run

lint: build documents ## check format, scripts, man pages, completions, words, links and the tables of the documentation
	swift format lint --strict --parallel -r Package.swift Sources Tests
	Tests/manpage-check $(BINARY)
	Tests/completions $(BINARY)
	Tests/conformance
	Tests/documents
	Tests/words
	Tests/pages --links
	@if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); \
	  else echo "skipped: shellcheck is not installed (Debian package shellcheck)"; fi
	@if command -v mandoc >/dev/null; then mandoc -T lint -W warning Docs/man/*.1; \
	  else echo "skipped: mandoc is not installed (Debian package mandoc)"; fi

format: ## put the sources into the project's format
	swift format --in-place --parallel -r Package.swift Sources Tests

audit: build ## prove that the pure rooms are pure; count unsafe; trace what a sealed run calls
	Tests/audit
	Tests/system-calls

fuzz: ## fuzz what parses, FUZZ_SECONDS each (default 10)
	Tests/Fuzz/run

mutants: ## which single changes of the sources the tests detect; MUTANTS at most, MUTANT_SECONDS each
	Tests/mutants

allocations: hotpaths ## compare what the hot paths ask of memory with what is checked in
	Tests/Bench/hot-paths --allocations

bench: hotpaths ## measure against other tools in the same run, and write Docs/Benchmarks.md
	Tests/Bench/run

pages: build ## run the commands of README.md and Docs; check links and alert rules
	Tests/pages --probe $(BINARY)

demo: build ## a full connection to a listener of its own on loopback
	@$(BINARY) demo

SHARE           := $(DESTDIR)$(PREFIX)/share
COMPLETION_BASH := $(SHARE)/bash-completion/completions/probe
COMPLETION_ZSH  := $(SHARE)/zsh/site-functions/_probe
COMPLETION_FISH := $(SHARE)/fish/vendor_completions.d/probe.fish
MANUALS         := $(wildcard Docs/man/*.1)
# In the folders that their links expect.
DOCUMENTS       := README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE $(wildcard Docs/*.md Docs/*.svg \
  Docs/HowTo/* Docs/Scripts/* Docs/Decisions/*.md Docs/schema/*.json)

# Installs what was built and builds nothing: under sudo there may be no swift.
install: ## install binary, man pages, completions and documents under PREFIX (default /usr/local), below DESTDIR
	@[ -x $(BINARY) ] || { echo "make install installs what was built; run 'make build' first" >&2; exit 1; }
	install -D -m 0755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/probe
	install -d $(SHARE)/man/man1
	install -m 0644 $(MANUALS) $(SHARE)/man/man1
	@for file in $(DOCUMENTS); do install -D -m 0644 $$file $(SHARE)/doc/probe/$$file || exit 1; done
	$(BINARY) completions bash | install -D -m 0644 /dev/stdin $(COMPLETION_BASH)
	$(BINARY) completions zsh | install -D -m 0644 /dev/stdin $(COMPLETION_ZSH)
	$(BINARY) completions fish | install -D -m 0644 /dev/stdin $(COMPLETION_FISH)

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/probe $(addprefix $(SHARE)/man/man1/,$(notdir $(MANUALS)))
	rm -f $(COMPLETION_BASH) $(COMPLETION_ZSH) $(COMPLETION_FISH)
	rm -rf $(SHARE)/doc/probe

# Against the C library of the distribution, with the Swift runtime inside.
DEB_BUILD := .build/deb
deb: ## a Debian package: .build/probe_VERSION_ARCH.deb
	@swift build -c release --static-swift-stdlib -Xlinker -s --scratch-path $(DEB_BUILD) --product probe --quiet
	@.packaging/stamp $(DEB_BUILD)/release/probe
	@.packaging/deb $(DEB_BUILD)/release/probe

tarball: build ## the static binary with man pages, completions and documents: .build/probe-VERSION-linux-ARCH.tar.gz
	@.packaging/tarball $(BINARY)

packages: deb tarball ## both, installed, run and removed in a test root
	Tests/packages

setcap: ## give the installed binary, or the built one, CAP_NET_RAW instead of sudo
	@target=$(DESTDIR)$(PREFIX)/bin/probe; [ -x "$$target" ] || target=$(BINARY); \
	[ -x "$$target" ] || { echo "no binary yet; run 'make build' first"; exit 1; }; \
	setcap cap_net_raw+ep "$$target" && echo "$$target has cap_net_raw" || \
	{ echo "setcap needs root; run 'sudo make setcap'"; exit 1; }

examples: ## build and run the programs in Docs/Examples, which use the libraries from outside
	Tests/examples

manual: build ## write the option sections of Docs/man from the program's options
	Tests/manpage-check --write $(BINARY)

schema: documents ## write the tables of Docs/Output.md and Docs/schema from the program's tables
	Tests/documents --write

docs: ## the API's documentation as static HTML: .build/docs
	Tests/docs

check: lint pages audit allocations examples test ## what has to pass before a change is done

clean: ## remove what was built
	rm -rf .build
