# The browser that the test of the live page drives. Elsewhere than on Debian, Selenium finds a Chrome or fetches one.

ensure_browser() {
  if ! grep -qsx 'ID=debian' /etc/os-release || { have chromium && have chromedriver; }; then return; fi
  if ! is_root_on_debian; then
    say "LivePageIT lets Selenium find or fetch a Chrome; to use Debian's: sudo apt-get install chromium chromium-driver"
    return
  fi
  say "installing Chromium and its driver"
  apt_install chromium chromium-driver
}
