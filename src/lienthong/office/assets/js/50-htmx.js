// What htmx sends carries the page's token against forged requests. What fails says so instead of doing nothing.
{
  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector("meta[name=csrf-token]")?.content;
    const request = event.detail.ctx?.request;
    if (token && request && request.method !== "GET") request.headers["X-CSRFToken"] = token;
  });

  const complain = () => {
    const place = document.getElementById("trouble");
    if (place) place.hidden = false;
  };
  document.addEventListener("htmx:error", complain);
  document.addEventListener("htmx:response:error", complain);
}
