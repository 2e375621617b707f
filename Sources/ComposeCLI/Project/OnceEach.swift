import CommandLine
import NIOConcurrencyHelpers

/// Warnings on standard error; each text once.
struct OnceEach: Sendable {
    private let out: Output
    private let told = NIOLockedValueBox<Set<String>>([])

    init(_ out: Output) { self.out = out }

    func tell(_ text: String) {
        guard told.withLockedValue({ $0.insert(text).inserted }) else { return }
        // The form in which the original's logger writes to what is no terminal.
        out.line("time=\"\(Timestamp.now().localRFC3339)\" level=warning msg=\(GoText.quote(text))")
    }
}
