/* Mounts the explorers of the page. Until that has worked, their places say that the figures stand alone. */

for (const element of document.querySelectorAll("[data-explorer]")) {
  import(`./${element.dataset.explorer}.js`).then(({ mount }) => mount(element));
}
