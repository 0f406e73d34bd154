// A shop of one page. What it reports goes through `analytics.js`; nothing here
// knows which SDK that is.

import { identify, track } from "/analytics.js";

const PRODUCTS = {
  boots: { name: "Walking boots", price: 129.9 },
  bottle: { name: "Steel bottle", price: 24.5 },
  map: { name: "Map of the hills", price: 9 },
};
const cart = [];
const find = (selector) => document.querySelector(selector);

function show() {
  const id = location.pathname.split("/")[2];
  find("main").replaceChildren(...(PRODUCTS[id] ? product(id) : list()));
}

function list() {
  return Object.entries(PRODUCTS).map(([id, { name, price }]) => {
    const line = document.createElement("p");
    const link = document.createElement("a");
    link.href = `/products/${id}`;
    link.dataset.page = "";
    link.textContent = name;
    line.append(link, ` ${price.toFixed(2)} €`);
    return line;
  });
}

function product(id) {
  const { name, price } = PRODUCTS[id];
  const title = document.createElement("h1");
  title.textContent = name;
  const add = document.createElement("button");
  add.id = "add";
  add.textContent = `Put into the cart, ${price.toFixed(2)} €`;
  add.onclick = () => {
    cart.push(id);
    track("product added", { product: id, price });
    showCart();
  };
  return [title, add];
}

function showCart() {
  const lines = cart.map((id) => {
    const line = document.createElement("li");
    line.textContent = PRODUCTS[id].name;
    return line;
  });
  find("#cart").replaceChildren(...lines);
  find("#buy").disabled = cart.length === 0;
}

// Links change the address and the page stays: SDKs see that as a page view.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-page]");
  if (!link) return;
  event.preventDefault();
  history.pushState({}, "", link.href);
  show();
});
addEventListener("popstate", show);

find("#sign-in").onsubmit = (event) => {
  event.preventDefault();
  const email = new FormData(event.target).get("email");
  identify(email, { email });
  event.target.replaceChildren(`Hello, ${email}`);
};

find("#buy").onclick = () => {
  const revenue = cart.reduce((sum, id) => sum + PRODUCTS[id].price, 0);
  track("order completed", { products: [...cart], revenue });
  cart.length = 0;
  showCart();
  find("[role=status]").textContent = "Thank you!";
};

show();
