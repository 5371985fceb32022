// Material makes wide tables scroll by pointer only; this lets the keyboard scroll them, too.
new MutationObserver(() => {
  for (const wrap of document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])")) {
    wrap.tabIndex = 0;
  }
}).observe(document.body, { childList: true, subtree: true });
