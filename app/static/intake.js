// Comfort for whoever types during a call: the first wrong answer is under the cursor, what a choice asks for unfolds, Ctrl+Enter posts.
const form = document.getElementById("intake");

document.querySelector(".error-summary") && form.querySelector(".wrong :is(input, select, textarea)")?.focus();

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

form.addEventListener("change", (event) => {
  const { name, value } = event.target;
  const folded = form.elements.on_behalf_name?.closest("details");
  if (name === "for_whom" && folded) folded.open = value === "relative";
});
