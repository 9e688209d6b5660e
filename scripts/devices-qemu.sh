#!/usr/bin/env bash
# npm run test:devices-qemu: a machine with USB, UAS, SD, NVMe and SATA disks, in QEMU without KVM. It needs
# no root, about 600 MB below ${TMPDIR:-/tmp}, and Debian's kernel, which apt-get downloads once into
# ~/.cache.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/sbin:/usr/sbin scripts/system-packages.sh qemu-system-x86_64:qemu-system-x86 busybox:busybox cpio:cpio depmod:kmod mke2fs:e2fsprogs \
  dmsetup:dmsetup zstd:zstd
. scripts/install.sh
npm run --silent build

cache=${XDG_CACHE_HOME:-$HOME/.cache}/butcher-devices-qemu
work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-qemu.XXXXXX")
trap 'rm -rf "$work"' EXIT

# --- the kernel
mkdir -p "$cache"
package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
if [ -z "$package" ]; then
  echo "apt-get knows no linux-image-amd64: run apt-get update" >&2
  exit 1
fi
kernel=$cache/$package
if [ ! -d "$kernel" ]; then
  echo "downloading $package"
  (cd "$work" && apt-get download -q "$package" >/dev/null)
  dpkg-deb --extract "$work/$package"_*.deb "$work/kernel"
  mv "$work/kernel" "$kernel"
fi
version=${package#linux-image-}
# newer packages have the modules below /usr
modules=$kernel
[ -d "$modules/lib/modules" ] || modules=$kernel/usr
PATH=$PATH:/sbin:/usr/sbin depmod --basedir "$modules" "$version"

# --- with_libraries FOLDER FILE...: copies programs, and the libraries that they load
with_libraries() {
  local folder=$1 file library
  shift
  for file; do
    install -D "$file" "$folder/bin/$(basename "$file")"
    { ldd "$file" 2>/dev/null || true; } | sed -n 's/.* => \(\/[^ ]*\).*/\1/p; s/^\t\(\/[^ ]*\) .*/\1/p' | while read -r library; do
      install -D "$library" "$folder$library"
    done
  done
}
find_program() { PATH=$PATH:/sbin:/usr/sbin command -v "$1"; }

# --- the first root folder: it loads the drivers, and gives over to the disk of the system
first=$work/first
mkdir -p "$first"/{proc,sys,dev,root,drivers}
with_libraries "$first" "$(find_program busybox)"
for driver in virtio_pci virtio_blk ext4 xhci_pci usb_storage uas sd_mod sdhci_pci mmc_block nvme ahci dm_mod; do
  PATH=$PATH:/sbin:/usr/sbin modprobe --dirname "$modules" --set-version "$version" --show-depends "$driver" |
    sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | cat -n | while read -r number module; do
  cp "$module" "$first/drivers/$(printf %03d "$number")-$(basename "$module")"
done
install scripts/devices-qemu/init "$first/init"
(cd "$first" && find . | cpio --quiet --create --format newc) >"$work/first.cpio"

# --- the disk of the system: butcher, its node, and the programs that it calls
system=$work/system
mkdir -p "$system"/{proc,sys,dev,tmp,run,butcher/node_modules,sbin,images}
with_libraries "$system" "$(find_program busybox)" "$(find_program blkid)" "$(find_program blockdev)" \
  "$(find_program umount)" "$(find_program dmsetup)" "$PWD/node_modules/node/bin/node"
cp -r bin dist assets package.json "$system/butcher/"
npm ls --omit=dev --all --parseable 2>/dev/null | sed -n "s|^$PWD/node_modules/||p" | grep -v /node_modules/ | while read -r name; do
  mkdir -p "$system/butcher/node_modules/$(dirname "$name")"
  cp -r "node_modules/$name" "$system/butcher/node_modules/$name"
done
cp scripts/devices-qemu/agent scripts/devices-qemu/agent.mjs "$system/"
# the image: a file system of 12 MiB, half of it data
mkdir "$work/files"
head -c 6000000 /dev/urandom >"$work/files/photos"
PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext4 -d "$work/files" "$system/images/card.img" 12M
zstd -q -1 "$system/images/card.img"
truncate -s 500M "$work/system.img"
PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -d "$system" "$work/system.img"

node scripts/devices-qemu/run.ts "$work" "$kernel/boot/vmlinuz-$version"
