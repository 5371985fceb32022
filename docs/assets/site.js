// Material wraps wide tables so that they scroll, but only a pointer could: let the keyboard, too.
new MutationObserver(() => {
  for (const wrap of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])")) {
    wrap.tabIndex = 0;
  }
}).observe(document.body, { childList: true, subtree: true });
