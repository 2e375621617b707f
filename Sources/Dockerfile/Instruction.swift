/// A command, in its list form or as a line for the shell.
package enum CommandForm: Sendable, Equatable {
    case list([String])
    case shell(String)
}

/// `name=value` as it is written: neither side is expanded.
package struct KeyValue: Sendable, Equatable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// `ARG name` or `ARG name=default`.
package struct BuildArgument: Sendable, Equatable {
    package var name: String
    package var value: String?
}

package struct BaseImage: Sendable, Equatable {
    package var image: String
    package var platform: String?
    /// `AS name`, in lower case.
    package var alias: String?
}

/// COPY and ADD.
package struct Transfer: Sendable, Equatable {
    package var isAdd: Bool
    package var sources: [String]
    /// Here-documents that stand among the sources, by their place.
    package var documents: [HereDocument]
    package var destination: String
    /// `--from`: a stage or an image.
    package var from: String?
    package var owner: String?
    package var mode: String?
    package var link = false
    package var parents = false
    package var excludes: [String] = []
    package var checksum: String?
    /// ADD only; nil: as it is by default (local archives yes, downloads no).
    package var unpack: Bool?
    package var keepsGitFolder = false
}

package struct RunMount: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case bind, cache, tmpfs, secret, ssh }
    package enum Sharing: String, Sendable { case shared, `private`, locked }
    package var kind = Kind.bind
    package var target = ""
    package var source = ""
    package var from: String?
    package var id = ""
    package var isReadOnly: Bool?
    package var sharing = Sharing.shared
    package var required = false
    /// Bytes; nil: no bound.
    package var size: Int64?
    package var mode: UInt32?
    package var uid: UInt32?
    package var gid: UInt32?
    /// The variable that a secret is given in.
    package var environment: String?
}

package struct Run: Sendable, Equatable {
    package var command: CommandForm
    package var documents: [HereDocument]
    package var mounts: [RunMount] = []
    /// `default`, `none` or `host`.
    package var network: String?
    /// `insecure` or `sandbox`.
    package var security: String?
}

package struct HealthOptions: Sendable, Equatable {
    /// Nanoseconds; nil: the default.
    package var interval: Int64?
    package var timeout: Int64?
    package var startPeriod: Int64?
    package var startInterval: Int64?
    package var retries: Int64?
    /// Nil: `NONE`.
    package var command: CommandForm?
}

package struct Instruction: Sendable, Equatable {
    package indirect enum Kind: Sendable, Equatable {
        case from(BaseImage)
        case argument([BuildArgument])
        case environment([KeyValue])
        case label([KeyValue])
        case run(Run)
        case transfer(Transfer)
        case workingFolder(String)
        case user(String)
        case expose([String])
        case volume([String])
        case command(CommandForm)
        case entrypoint(CommandForm)
        case health(HealthOptions)
        case shell([String])
        case stopSignal(String)
        case maintainer(String)
        /// The instruction that waits for the next build.
        case trigger(String)
    }
    package var kind: Kind
    /// As it is written, the keyword in capitals: what progress and history show.
    package var text: String
    package var lines: ClosedRange<Int>
}
