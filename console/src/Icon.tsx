/** The page's icons, as lines in the color of the text around them. Their meaning is in the words next to them, or in a label. */
const LINES = {
  messages:
    "M3 5.5A1.5 1.5 0 0 1 4.5 4h11A1.5 1.5 0 0 1 17 5.5v7a1.5 1.5 0 0 1-1.5 1.5H8l-4 3v-3H4.5A1.5 1.5 0 0 1 3 12.5z",
  contacts: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 16.5c.5-3 2.8-4.5 6-4.5s5.5 1.5 6 4.5",
  reviews: "M4 3.5h12v13H4zM7 10l2.2 2.200L13.5 8",
  ledger: "M5 3h10v14l-2.5-1.500L10 17l-2.5-1.500L5 17zM8 7h4M8 10h4",
  settings: "M3 6h7m4 0h3M3 14h3m4 0h7M12 4v4M8 12v4",
  back: "M12.5 4 6.5 10l6 6",
  close: "M5 5l10 10M15 5 5 15",
  attach: "M15.5 9.5 10 15a3.5 3.5 0 0 1-5-5l6-6a2.3 2.3 0 0 1 3.3 3.3l-6 6a1.1 1.1 0 0 1-1.6-1.6l5.3-5.3",
  edit: "M4 16l.7-3.3L13.5 4l2.5 2.500L7.3 15.3z",
  info: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 9.2v4.300M10 6.4v.1",
  people:
    "M7.5 9.5a2.8 2.8 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600zM2.500 16c.3-2.700 2.200-4 5-4s4.700 1.300 5 4M13 4.200a2.600 2.600 0 0 1 0 5M14.500 12.200c1.700.5 2.800 1.800 3 3.800",
  handset:
    "M6.500 2.500h7A1.5 1.5 0 0 1 15 4v12a1.5 1.5 0 0 1-1.500 1.500h-7A1.5 1.5 0 0 1 5 16V4a1.5 1.500 0 0 1 1.500-1.500zM9 14.800h2",
  history: "M3.500 10a6.500 6.500 0 1 0 2-4.700L3.500 7M3.500 3.500V7H7M10 6.500V10l2.500 1.800",
  unread:
    "M10 4H4a1.500 1.500 0 0 0-1.500 1.500v9A1.500 1.500 0 0 0 4 16h12a1.500 1.500 0 0 0 1.500-1.500V10M2.800 5.200 10 11l2.500-2M15.500 7a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z",
  file: "M5 2.500h6.500L15 6v11.500H5zM11.500 2.500V6H15",
  send: "M3.500 10 16.500 3.800l-4 12.800-2.800-5.200zM9.700 11.400l6.800-7.600",
  blocked: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM5.100 5.100l9.800 9.800",
} as const;

export function Icon({ name }: { name: keyof typeof LINES }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={LINES[name]} />
    </svg>
  );
}
