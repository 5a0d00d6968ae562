// Forms as somebody fills them in who types nothing at all, or whatever will do.
(() => {
  const forms = () => [...document.querySelectorAll("main form[method=post]")].filter(form => fields(form).length);
  const fields = form => [...form.querySelectorAll("input:not([type=hidden]), select, textarea")];
  const send = form => form.requestSubmit(form.querySelector("button[type=submit]:not([value=back])"));

  function send_empty(number) {
    const form = forms()[number];
    for (const field of fields(form)) {
      if (["checkbox", "radio"].includes(field.type)) field.checked = false;
      else if (field.tagName !== "SELECT") field.value = "";
    }
    send(form);
  }

  // ``given`` has what to type by a field's name or its type; of boxes and buttons the first is taken when none is.
  function send_filled(number, given) {
    const form = forms()[number];
    for (const field of fields(form)) {
      if (["checkbox", "radio"].includes(field.type)) {
        const group = fields(form).filter(each => each.name === field.name);
        if (given[field.name]) field.checked = group.length === 1 || field.value === given[field.name];
        else if (field.name !== "week" && !group.some(each => each.checked)) field.checked = true;
      } else if (field.tagName === "SELECT") {
        if (!field.value) field.selectedIndex = field.options.length - 1;
      } else if (!field.value) field.value = given[field.name] || given[field.type] || "";
    }
    send(form);
  }

  return { count: () => forms().length, send_empty, send_filled };
})()
