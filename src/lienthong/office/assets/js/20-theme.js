// Light, dark or as the system says. The server writes the choice into <html> (cookie "theme"), so there is no flash;
// this only saves the reload. Without it the same buttons submit their form.
document.addEventListener("submit", (event) => {
  const theme = event.submitter?.name === "theme" && event.submitter.value;
  if (!theme) return;
  event.preventDefault();
  document.documentElement.dataset.bsTheme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  for (const button of event.target.querySelectorAll("[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
});
