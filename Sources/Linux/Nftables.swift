import CNftables
import Fault
import Synchronization

/// Takes nft(8) commands; what one call is given becomes true as a whole or not at all.
package protocol RuleLoader: Sendable {
    func load(_ commands: String) throws(Fault)
    /// The answer to a `list` command, as JSON (libnftables-json(5)).
    func list(_ command: String) throws(Fault) -> String
}

/// libnftables in this process: one context, used by one thread at a time. The context's netlink socket belongs to
/// the network namespace of the thread that loads first.
package final class Nftables: RuleLoader {
    private struct Context: ~Copyable {
        let raw: OpaquePointer
        init?() {
            guard let made = nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) else { return nil }
            raw = made
            nft_ctx_buffer_output(raw)
            nft_ctx_buffer_error(raw)
        }
        deinit { nft_ctx_free(raw) }
    }

    // Made at first use, since it costs a millisecond that `hako version` need not pay.
    private let context = Mutex<Context?>(nil)

    package init() {}

    package func load(_ commands: String) throws(Fault) { _ = try run(commands, flags: 0) }

    package func list(_ command: String) throws(Fault) -> String {
        try run(command, flags: UInt32(NFT_CTX_OUTPUT_JSON))
    }

    private func run(_ commands: String, flags: UInt32) throws(Fault) -> String {
        let (answer, refusal): (String, String?) = context.withLock { context in
            if context == nil { context = Context() }
            guard let raw = context?.raw else { return ("", "libnftables gave no context") }
            nft_ctx_output_set_flags(raw, flags)
            let code = nft_run_cmd_from_buffer(raw, commands)
            // Reading a buffer also empties it for the next command.
            let answer = nft_ctx_get_output_buffer(raw).map { String(cString: $0) } ?? ""
            let refusal = nft_ctx_get_error_buffer(raw).map { String(cString: $0) } ?? ""
            return (answer, code == 0 ? nil : refusal)
        }
        guard let refusal else { return answer }
        let firstLine = refusal.split(separator: "\n").first.map(String.init) ?? "no reason given"
        throw Fault(
            .internalFault, "the kernel refused nftables rules: \(firstLine)",
            cause: NftablesRefusal(commands: commands, answer: refusal))
    }
}

/// For the log: what was asked and all that libnftables said.
package struct NftablesRefusal: Error, CustomStringConvertible {
    package let commands: String
    package let answer: String
    package var description: String { answer + "\nin:\n" + commands }
}
