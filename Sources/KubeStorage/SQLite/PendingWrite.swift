/// A write that somebody waits for.
struct PendingWrite: Sendable {
    let request: WriteRequest
    let done: CheckedContinuation<WriteRequest.Outcome, Never>
}
