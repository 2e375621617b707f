import CLinux
import Fault
import Linux

/// `hako-runtime` started for one plan, and what it answers.
final class RuntimeSpawn {
    enum Limit {
        /// Bytes of one answer.
        static let reply = 1 << 20
    }

    let pid: Int32
    private let control: OwnedDescriptor
    private var hasEnded = false

    /// `preserved` of this process's own descriptors, from 3 on, become the payload's; `console` is a connected socket
    /// for the terminal's master.
    init(plan: [UInt8], console: OwnedDescriptor?, preserved: Int) throws(Fault) {
        let program = RuntimeProgram(try RuntimeImage())
        do throws(KernelError) {
            let started = try program.start(
                plan, .init(console: console?.raw, preserved: (0..<Int32(preserved)).map { 3 + $0 }))
            (pid, control) = (started.pid, started.control)
        } catch {
            throw Fault(.internalFault, "can't start hako-runtime: \(error)", cause: error)
        }
    }

    /// The next answer; nil when the program has ended or closed its side.
    func next() -> (kind: MonitorReply, payload: [UInt8])? {
        guard let header = read(5) else { return nil }
        let length = Int(header[0]) | Int(header[1]) << 8 | Int(header[2]) << 16 | Int(header[3]) << 24
        guard (1...Limit.reply).contains(length), let payload = read(length - 1),
            let kind = MonitorReply(rawValue: header[4])
        else { return nil }
        return (kind, payload)
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                CLinux.read(control.raw, $0.baseAddress?.advanced(by: filled), count - filled)
            }
            if got < 0 && hako_errno() == EINTR { continue }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }

    /// Waits for the program's own end. Gives its exit code; 128 + n when signal n killed it.
    @discardableResult
    func wait() -> Int32 {
        guard !hasEnded else { return 0 }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && hako_errno() == EINTR {}
        hasEnded = true
        return Self.exitCode(status)
    }

    static func exitCode(_ status: Int32) -> Int32 {
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    /// Waits for `created`, passing warnings on. Throws what the runtime says went wrong.
    func waitUntilCreated(_ report: RuntimeReport) throws(Fault) -> Int32 {
        while let (kind, payload) = next() {
            switch kind {
            case .created:
                var reader = PlanReader(payload)
                guard let pid = try? reader.number(Int32.self) else { break }
                return pid
            case .warning: report.warning(Self.words(payload))
            case .failed:
                wait()
                throw Self.failure(payload)
            default: break
            }
        }
        let code = wait()
        throw Fault(.internalFault, "hako-runtime ended with code \(code) before the process was made")
    }

    /// Waits for `done` after `created`: the process has been executed.
    func waitUntilStarted(_ report: RuntimeReport) throws(Fault) {
        while let (kind, payload) = next() {
            switch kind {
            case .done: return
            case .warning: report.warning(Self.words(payload))
            case .failed:
                wait()
                throw Self.failure(payload)
            default: break
            }
        }
    }

    static func failure(_ payload: [UInt8]) -> Fault { Fault(.invalid, words(payload)) }

    static func words(_ payload: [UInt8]) -> String {
        var reader = PlanReader(payload)
        guard let failure = try? LaunchFailure(from: &reader) else {
            return "hako-runtime gave an answer that can't be read"
        }
        return failure.step == .findProgram || failure.step == .exec
            ? "unable to start container process: \(failure.sentence)" : failure.sentence
    }
}
