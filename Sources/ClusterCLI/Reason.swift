import DockerCLI

/// Why a command gives up: minikube's names of reasons, which it prints, with its exit codes.
enum Reason: String {
    case usage = "MK_USAGE"
    case configSet = "MK_CONFIG_SET", configUnset = "MK_CONFIG_UNSET", configView = "MK_CONFIG_VIEW"
    case commandRunner = "MK_COMMAND_RUNNER"
    case outputUsage = "MK_OUTPUT_USAGE"
    case addonEnable = "MK_ADDON_ENABLE"
    case addonUnsupported = "SVC_ADDON_UNSUPPORTED"
    case pathMissing = "HOST_PATH_MISSING"
    case nodeRetrieve = "GUEST_NODE_RETRIEVE"
    case start = "GUEST_START"

    var exitCode: Int32 {
        switch self {
        case .usage: 14
        case .configSet, .configUnset, .configView, .commandRunner, .outputUsage, .addonEnable: 10
        case .addonUnsupported: 116
        case .pathMissing: 35
        case .nodeRetrieve: 85
        case .start: 80
        }
    }

    func failure(_ message: String) -> Failure {
        Failure("Exiting due to \(rawValue): \(message)", exitCode: exitCode)
    }
}
