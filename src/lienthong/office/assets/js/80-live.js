// News while the page is open: the bell's number, and the list where it is shown. Only what is in sight holds a stream,
// so that many tabs neither use up the browser's connections nor the server's.
{
  // After an answer that ends it for good: neither at once nor all pages together.
  const AGAIN = 300_000;
  let stream = null;

  function tell(event) {
    const unread = Number(event.data);
    const count = document.getElementById("bell-count");
    if (!count || count.textContent === (unread ? String(unread) : "")) return;
    count.textContent = unread ? String(unread) : "";
    const notes = document.getElementById("notes");
    if (notes) globalThis.htmx?.trigger(notes, "news");
  }

  function connect() {
    const address = document.getElementById("bell")?.dataset.live;
    const wanted = address && document.visibilityState === "visible";
    if (wanted && (!stream || stream.readyState === EventSource.CLOSED)) {
      stream = new EventSource(address);
      stream.addEventListener("unread", tell);
      stream.addEventListener("error", (event) => {
        if (event.target.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN * (1 + Math.random()));
      });
    } else if (!wanted && stream) {
      stream.close();
      stream = null;
    }
  }

  document.addEventListener("DOMContentLoaded", connect);
  document.addEventListener("visibilitychange", connect);
  window.addEventListener("pagehide", () => { stream?.close(); stream = null; });
  window.addEventListener("pageshow", connect);
}
