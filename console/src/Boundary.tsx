import { Component, type ReactNode } from "react";

type State = { failed: boolean };

/** What is shown if a part of the page can't be loaded, for example because the server has a newer version, or is away. */
export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="nothing">
        <p role="alert">This part of the page can&apos;t be loaded.</p>
        <button type="button" className="primary" onClick={() => location.reload()}>
          Load the page again
        </button>
      </main>
    );
  }
}
