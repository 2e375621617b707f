#!/bin/bash
# Boots Debian's cloud kernel with nothing but cgroup v2 and runs `limits.sh` in it.
#
#   Tests/VM/run.sh [HAKO]        HAKO: the hako program (default: .build/debug/hako), hako-runtime in it or beside it
#
# The kernel is Debian's own package, fetched once with apt-get into the cache folder and unpacked there, never
# installed. Needs qemu-system-x86, busybox-static, cpio and no root. Prints "N passed, N failed"; ends with 0 when all
# passed.
set -eu
here=$(dirname "$(realpath "$0")")
hako=$(realpath "${1:-$here/../../.build/debug/hako}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hakobune/vm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Longest that the machine may run, in seconds: emulated, a slow one needs two minutes.
limit=${VM_SECONDS:-600}

for program in qemu-system-x86_64 cpio busybox dpkg; do
    command -v "$program" > /dev/null || {
        echo "$0: needs $program; install it with: apt-get install qemu-system-x86 cpio busybox-static" >&2
        exit 2
    }
done

mkdir -p "$cache"
if ! ls "$cache"/boot/vmlinuz-* > /dev/null 2>&1; then
    package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -1)
    (cd "$cache" && apt-get download -q "${package:?apt knows no linux-image-cloud-amd64: run apt-get update}" && dpkg -x "$package"_*.deb . && rm -f "$package"_*.deb)
fi
kernel=$(ls "$cache"/boot/vmlinuz-* | head -1)

root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,tmp,run,lib/modules,bundle/rootfs/bin,bundle/rootfs/dev,bundle/rootfs/proc,bundle/rootfs/sys}
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$(command -v busybox)" "$root/bundle/rootfs/bin/busybox"
for applet in sh cat dd sleep mknod true tail grep head; do ln -s busybox "$root/bundle/rootfs/bin/$applet"; done
cp "$here/limits.sh" "$root/init"
chmod +x "$root/init"
strip -o "$root/bin/hako" "$hako" 2> /dev/null || cp "$hako" "$root/bin/hako"
# Stripping drops the section that hako-runtime travels in only when it isn't there.
if [ -e "$(dirname "$hako")/hako-runtime" ]; then cp "$(dirname "$hako")/hako-runtime" "$root/bin/"; else cp "$hako" "$root/bin/hako"; fi
ldd "$hako" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
# A program's own libraries are looked for where it was built.
mkdir -p "$root/libraries"
ldd "$hako" | grep -o '/[^ ]*' | while read -r library; do ln -sf "$library" "$root/libraries/$(basename "$library")"; done
for module in brd; do cp "$(find "$cache/lib/modules" -name "$module.ko" | head -1)" "$root/lib/modules/"; done
(cd "$root" && find . | cpio --quiet -o -H newc) > "$work/initramfs"

timeout "$limit" qemu-system-x86_64 -accel tcg -cpu max -smp 1 -m 1536M -nographic -no-reboot -nic none \
    -kernel "$kernel" -initrd "$work/initramfs" \
    -append "console=ttyS0 quiet panic=-1 cgroup_no_v1=all swapaccount=1" < /dev/null > "$work/log" 2>&1 || true
tr -d '\r' < "$work/log" | sed -n 's/^.*VM: //p' > "$work/result"
cat "$work/result"
if ! grep -q 'passed, 0 failed$' "$work/result"; then
    grep -q 'passed, ' "$work/result" || { echo "the machine ended early; its console ends:" && tr -d '\r' < "$work/log" | tail -20; }
    exit 1
fi
