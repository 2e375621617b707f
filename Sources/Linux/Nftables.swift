import CNftables
import Fault
import Synchronization

/// Takes nft(8) commands; what one call is given becomes true as a whole or not at all.
package protocol RuleLoader: Sendable {
    func load(_ commands: String) throws(Fault)
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

    package func load(_ commands: String) throws(Fault) {
        let refusal: String? = context.withLock { context in
            if context == nil { context = Context() }
            guard let raw = context?.raw else { return "libnftables gave no context" }
            if nft_run_cmd_from_buffer(raw, commands) == 0 { return nil }
            return nft_ctx_get_error_buffer(raw).map { String(cString: $0) } ?? "no reason given"
        }
        guard let refusal else { return }
        let firstLine = refusal.split(separator: "\n").first.map(String.init) ?? refusal
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
