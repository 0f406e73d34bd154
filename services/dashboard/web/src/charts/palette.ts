/** Colours of series, told apart by people who see colours differently too. */
export const PALETTE = [
  "#0f9488",
  "#7c6cf0",
  "#e0803a",
  "#3b82c4",
  "#c2518f",
  "#7c8a1e",
  "#b4503c",
  "#5b6b8c",
];
