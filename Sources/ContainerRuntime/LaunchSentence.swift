import CLinux
import Fault

extension LaunchFailure {
    private var reason: String { errno == 0 ? "" : String(cString: strerror(errno)) }

    /// Go's words for an errno, which are lower case.
    private var plainReason: String { errno == ENOENT ? "no such file or directory" : reason.lowercasedFirst }

    /// What happened, for people; runc's words where Docker's users know them.
    package var sentence: String {
        switch step {
        case .findProgram: return programSentence
        case .exec: return "exec \(subject): \(plainReason)"
        case .setWorkingFolder where errno == EXDEV:
            return
                "current working directory \(subject) is outside of container mount namespace root -- possible container breakout detected"
        case .setWorkingFolder: return "chdir to cwd (\"\(subject)\") set in config.json failed: \(plainReason)"
        case .openSource: return "error mounting \"\(subject)\": bind source path can't be opened: \(plainReason)"
        case .mount where errno == EPERM && subject.hasSuffix("(inside /proc)"):
            return "\"\(subject)\" cannot be mounted because it is inside /proc"
        case .notRunning: return "container \(subject) is not running"
        case .noSuchExec: return "No such exec instance: \(subject)"
        case .alreadyExists: return "exec \(subject) already exists"
        case .setLimit: return "unable to set \(PlanProcess.limitName(subject)): \(plainReason)"
        case .processEnded: return "the container's process ended before it was started"
        case .runHook: return "error running hook \(subject)\(errno == 0 ? "" : ": \(plainReason)")"
        default:
            let what = "unable to \(step.words)" + (subject.isEmpty ? "" : " \(subject)")
            return reason.isEmpty ? what : "\(what): \(plainReason)"
        }
    }

    private var programSentence: String {
        if !subject.contains("/") && errno == ENOENT {
            return "exec: \"\(subject)\": executable file not found in $PATH"
        }
        let isMissing = errno == ENOENT || errno == ENOTDIR
        return isMissing
            ? "exec: \"\(subject)\": stat \(subject): \(plainReason)" : "exec: \"\(subject)\": \(plainReason)"
    }

    /// The error to throw: `StartFailure` when it is the payload that can't be executed.
    package var error: any Error {
        if exitCode != 0 { return StartFailure(exitCode: exitCode, message: sentence) }
        switch step {
        case .notRunning, .alreadyExists: return Fault(.conflict, sentence)
        case .noSuchExec: return Fault(.notFound, sentence)
        case .openSource, .openRoot, .setWorkingFolder, .openNamespace: return Fault(.invalid, sentence)
        default: return Fault(.internalFault, sentence)
        }
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

extension LaunchStep {
    /// What comes after "unable to", before the subject.
    fileprivate var words: String {
        switch self {
        case .readPlan: return "read the launch plan"
        case .daemonize: return "start the monitor"
        case .openStateFolder: return "use the state folder"
        case .openLog: return "open the log"
        case .openRoot: return "open the root filesystem"
        case .openSource: return "open the mount source"
        case .openNamespace: return "open the namespace"
        case .openCgroup: return "open the cgroup"
        case .makePipe: return "make pipes"
        case .makeProcess: return "make the process"
        case .mapUsers: return "write the user namespace's"
        case .joinNamespace: return "join the namespace"
        case .joinCgroup: return "join the cgroup"
        case .setUserInNamespace: return "become root of the user namespace:"
        case .setTimeOffset: return "set the time offset"
        case .mountRoot: return "mount the root"
        case .findMountPoint: return "make the mount point"
        case .mount: return "mount"
        case .makeDevice: return "make the device"
        case .makeLink: return "make the link"
        case .maskPath: return "mask"
        case .makeReadOnly: return "make read-only"
        case .openTerminal: return "set up the terminal"
        case .runHook: return "run the hook"
        case .setSysctl: return "set sysctl"
        case .setHostname: return "set the host name"
        case .pivotRoot: return "change the root to"
        case .setLimit: return "set rlimit"
        case .setOOMScore: return "set oom_score_adj"
        case .setScheduling: return "set scheduling:"
        case .setLabel: return "set the label"
        case .setWorkingFolder: return "enter the working folder"
        case .setUser: return "set the user:"
        case .setCapabilities: return "set capabilities:"
        case .setSeccomp: return "load the seccomp filter"
        case .findProgram, .exec: return "run"
        case .notRunning: return "find a running process in"
        case .noSuchExec: return "find exec"
        case .alreadyExists: return "make a second"
        case .badRequest: return "understand the request"
        case .passDescriptors: return "pass descriptors:"
        case .closeDescriptors: return "close descriptors"
        case .signalProcess: return "send signal"
        case .resize: return "resize the terminal of"
        case .processEnded: return "wait for"
        case .openProc: return "use"
        }
    }
}
