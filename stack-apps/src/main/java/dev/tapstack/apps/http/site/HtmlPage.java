package dev.tapstack.apps.http.site;

/** What the server's own pages have in common: head, style and escaping. */
final class HtmlPage {
  /** Ends the page. */
  static final String AFTER = "</main>\n</body>\n</html>\n";

  private static final String TEMPLATE =
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>{title}</title>
      <link rel="icon" href="data:,">
      <style>
      :root { color-scheme: light dark; --ink: #1c2733; --dim: #5b6b7b; --line: #dde3e9;
        --paper: #f5f7f9; --card: #fff; --mark: #0b6e8f }
      @media (prefers-color-scheme: dark) { :root { --ink: #dfe7ee; --dim: #8fa1b2;
        --line: #2a3642; --paper: #11181f; --card: #18212a; --mark: #5cc4e4 } }
      * { box-sizing: border-box }
      body { margin: 0; background: var(--paper); color: var(--ink);
        font: 16px/1.5 system-ui, sans-serif }
      main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem }
      h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em; overflow-wrap: anywhere }
      h2 { margin: 0 0 .5rem; font-size: 1rem; color: var(--mark) }
      p { color: var(--dim); margin: .25rem 0 2rem }
      a { color: var(--mark); text-decoration: none }
      a:hover { text-decoration: underline }
      section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
        padding: 1.1rem 1.25rem; margin-bottom: 1.25rem }
      table { width: 100%; border-collapse: collapse }
      th { text-align: left; font-weight: 400; color: var(--dim); padding: .3rem 1rem .3rem 0;
        vertical-align: top; width: 45% }
      td, code { font-family: ui-monospace, monospace; font-size: .9rem;
        overflow-wrap: anywhere }
      tr + tr > * { border-top: 1px solid var(--line) }
      td:first-child { width: 60% }
      td + td { white-space: nowrap; text-align: right; color: var(--dim);
        padding: .3rem 0 .3rem 1.5rem }
      section p { margin: .5rem 0 0; font-size: .9rem }
      </style>
      </head>
      <body>
      <main>
      <h1>{title}</h1>
      <p>{introduction}</p>
      """;

  private HtmlPage() {}

  /** Begins a page; both texts are escaped here. */
  static String before(String title, String introduction) {
    return TEMPLATE
        .replace("{introduction}", escape(introduction))
        .replace("{title}", escape(title));
  }

  /** {@code text} as content of an element, or as a quoted attribute. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
