/** The product's sign and name. */
export function Brand() {
  return (
    <span className="brand">
      <img src="/console/icon.svg" alt="" width="22" height="22" />
      <span>groupchat</span>
    </span>
  );
}
