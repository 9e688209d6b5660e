# Sourced by the other scripts, in the repository's folder: the packages of package-lock.json, and with them
# the Node.js that butcher runs on. `npm ci` itself runs under whatever Node.js the machine has, hence
# --loglevel=error: npm would warn that this one is older than the packages ask for, before it brings the one
# that is not.

own_bin=$PWD/node_modules/.bin
installed=node_modules/.installed-lock.json
if ! cmp -s package-lock.json "$installed"; then
  echo 'npm ci'
  # Not under the node that `npm ci` is about to delete.
  PATH=${PATH//"$own_bin:"/} npm ci --loglevel=error
  cp package-lock.json "$installed"
fi
export PATH=$own_bin:$PATH
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)' || {
  echo "the node in $own_bin is $(node -v), wanted is 24: remove node_modules and run this again" >&2
  exit 1
}
