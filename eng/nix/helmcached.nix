# A derivation for Nix on Linux (x86-64) that installs the tarball of eng/package.sh:
#   nix-build -E '(import <nixpkgs> { }).callPackage ./helmcached.nix { src = ./helmcached-0.1.0-linux-x86_64.tar.gz; }'
#
# Tested: the commands of installPhase, by hand, with the tarball.
# Not tested: Nix itself. Without it, not even the syntax was checked.
{
  lib,
  stdenv,
  autoPatchelfHook,
  src,
  version ? "0.1.0",
}:

stdenv.mkDerivation {
  pname = "helmcached";
  inherit src version;

  # The daemon needs only a loader and a C library. The shim is static and is not changed.
  nativeBuildInputs = [ autoPatchelfHook ];

  # The programs are already stripped, and these are the ones that were tested.
  dontStrip = true;
  dontConfigure = true;
  dontBuild = true;

  installPhase = ''
    runHook preInstall

    # Not as bin/helm, because that name belongs to helm. Each user decides with `helmcached install`, which finds the shim next to itself.
    mkdir -p $out/libexec/helmcached $out/bin
    cp helm helmcached $out/libexec/helmcached/
    ln -s ../libexec/helmcached/helmcached $out/bin/helmcached

    install -D -m 644 -t $out/share/man/man1 man/*.1
    install -D -m 644 completion/helmcached.bash $out/share/bash-completion/completions/helmcached
    install -D -m 644 completion/helmcached.zsh $out/share/zsh/site-functions/_helmcached
    install -D -m 644 completion/helmcached.fish $out/share/fish/vendor_completions.d/helmcached.fish
    mkdir -p $out/share/doc/helmcached
    cp -R *.md LICENSE docs bench eng licences $out/share/doc/helmcached/

    runHook postInstall
  '';

  meta = {
    description = "Cache for the output of helm template, with a helm for your PATH";
    license = lib.licenses.asl20;
    platforms = [ "x86_64-linux" ];
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
    mainProgram = "helmcached";
  };
}
