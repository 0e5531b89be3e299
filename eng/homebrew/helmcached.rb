# A formula for Homebrew on Linux (x86-64) that installs the tarball of eng/package.sh. Put it into your own tap, and fill in the tarball's address and
# SHA-256 sum (SHA256SUMS) below.
#
# Tested: the steps of `install` and `test`, by hand with cp and ln, with the tarball.
# Not tested: Homebrew itself and `brew audit`. Without Homebrew and Ruby, not even the syntax was checked.
class Helmcached < Formula
  desc "Cache for the output of helm template, with a helm for your PATH"
  homepage "https://example.org/helmcached"
  url "https://example.org/helmcached-0.1.0-linux-x86_64.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on arch: :x86_64
  depends_on :linux

  def install
    # Not linked as bin/helm, because that name belongs to the helm formula. Each user decides with `helmcached install`, which finds the shim next to itself.
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
