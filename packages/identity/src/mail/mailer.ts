export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** A mail of development, which nobody sent. */
export interface KeptMail extends Mail {
  readonly id: string
  readonly at: string
}

export interface Mailer extends AsyncDisposable {
  /** @throws if the server does not take it; who sends waits for that, see `createPost` */
  send(mail: Mail): Promise<void>
  /** In development without a mail server: the last 50, newest first. Empty otherwise. */
  readonly kept: readonly KeptMail[]
  close(): Promise<void>
}
