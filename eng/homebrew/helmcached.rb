# A formula for Homebrew on Linux (x86-64), made of the tarball of eng/package.sh: put it into a tap of your own, with the tarball's address and its
# SHA-256 sum (SHA256SUMS) below.
#
# Tried: what `install` and `test` do, by hand with cp and ln, with the tarball.
# Not tried: Homebrew itself and `brew audit`; neither Homebrew nor Ruby was at hand, so not even the syntax was checked by a program.
class Helmcached < Formula
  desc "Cache for what helm template prints, and a helm for PATH in front of it"
  homepage "https://example.org/helmcached"
  url "https://example.org/helmcached-0.1.0-linux-x86_64.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on arch: :x86_64
  depends_on :linux

  def install
    # Not linked as bin/helm: that name is the helm formula's. Each user decides with `helmcached install`, which looks for the shim beside itself.
    libexec.install "helm", "helmcached"
    bin.install_symlink libexec/"helmcached"
    man1.install Dir["man/*.1"]
    bash_completion.install "completion/helmcached.bash" => "helmcached"
    zsh_completion.install "completion/helmcached.zsh" => "_helmcached"
    fish_completion.install "completion/helmcached.fish"
    doc.install Dir["*.md"], "docs", "bench", "eng", "licences"
  end

  def caveats
    <<~CAVEATS
      Nothing changes until you run, once:
        helmcached install --write
      and before you remove this formula:
        helmcached uninstall --purge
    CAVEATS
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/helmcached --version")
    assert_path_exists libexec/"helm"
  end
end
