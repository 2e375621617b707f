import JSON
import KubeModel

/// Why one container of a pod doesn't run or isn't ready.
struct ContainerDiagnosis {
    let container: JSON
    let isInit: Bool
    let pod: JSON
    let situation: Situation

    var name: String { container.text("name") }
    var podName: String { pod["metadata"].text("name") }
    var owner: Changeable { situation.changeable(pod) }

    /// `container web`, `init container web`.
    var place: String { "\(isInit ? "init container" : "container") \(name)" }

    var status: JSON {
        let list = isInit ? "initContainerStatuses" : "containerStatuses"
        return (pod["status"][list].array ?? []).first { $0.text("name") == name } ?? .null
    }

    /// Nil: nothing is wrong with it.
    func find() -> Finding? {
        let state = status["state"]
        if state.has("waiting") { return waiting(state["waiting"]) }
        if state.has("running") { return running(state["running"]) }
        let ended = state["terminated"]
        guard !ended.isNull else { return nil }
        if ended["exitCode"].int == 0 {
            if isInit || pod["spec"].text("restartPolicy") != "Always" { return nil }
            return Finding(.crash, "pod/\(podName) isn't Ready: its \(place) has ended and is started again.")
        }
        return died(ended, verb: "ended")
    }

    private func waiting(_ waiting: JSON) -> Finding? {
        let reason = waiting.text("reason"), message = waiting.text("message")
        switch reason {
        case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
            "RegistryUnavailable", "SignatureValidationFailed":
            return ImageDiagnosis(of: self).find(reason, message)
        case "CreateContainerConfigError":
            return ConfigurationDiagnosis(of: self).find(message)
        case "CreateContainerError", "RunContainerError", "PostStartHookError":
            return Finding(
                .crash,
                "pod/\(podName) isn't Running: its \(place) can't be started"
                    + (missingProgram(message).map { ": its image \(container.text("image")) has no program \($0)." }
                        ?? " (\(reason)): \(clean(message))."),
                fix: startFix(message), command: "kubectl describe pod \(podName)\(owner.flag)")
        case "CrashLoopBackOff":
            return died(status["lastState"]["terminated"], verb: "keeps ending")
        case "ContainerCreating", "PodInitializing", "": return creating()
        default:
            return Finding(
                .unknown, "pod/\(podName) isn't Running: its \(place) waits (\(reason)): \(clean(message)).")
        }
    }

    private func startFix(_ message: String) -> String {
        if message.contains("executable file not found") || message.contains("no such file or directory") {
            return "The image has no such program: correct the container's command, or take the image that has it."
        }
        if message.contains("permission denied") {
            return "The program may not be executed: make it executable in the image."
        }
        return "Correct what the message names."
    }

    /// The volumes or the pod's network aren't there yet.
    private func creating() -> Finding? {
        if isInit == false, (pod["status"]["initContainerStatuses"].array ?? []).contains(where: { $0.has("state") }),
            status["state"]["waiting"].text("reason") == "PodInitializing"
        {
            return nil
        }
        if let event = situation.lastEvent(about: pod, ["FailedMount", "FailedAttachVolume", "FailedMapVolume"]) {
            return ConfigurationDiagnosis(of: self).findVolume(event.text("message"))
        }
        if let event = situation.lastEvent(about: pod, ["FailedCreatePodSandBox"]) {
            return Finding(
                .waiting, "pod/\(podName) isn't Running: its network can't be made: \(clean(event.text("message"))).",
                fix: "The node's log tells more.", command: "hako logs")
        }
        return Finding(
            .waiting,
            "pod/\(podName) isn't Running yet: its \(place) is being created since "
                + "\(situation.age(pod["status"]["startTime"])).")
    }

    // MARK: Ends

    private func died(_ ended: JSON, verb: String) -> Finding {
        let code = ended["exitCode"].int ?? 0
        let restarts = status["restartCount"].int ?? 0
        let times = restarts > 0 ? ", restarted \(restarts) \(restarts == 1 ? "time" : "times")" : ""
        if ended.text("reason") == "OOMKilled" { return outOfMemory(times) }
        if let event = situation.lastEvent(about: pod, ["Killing"], where: isKilledByProbe) {
            let isStartup = event.text("message").contains("startup probe")
            return ProbeDiagnosis(of: self).killed(isStartup ? "startupProbe" : "livenessProbe", times)
        }
        if let program = missingProgram(ended.text("message")) {
            return Finding(
                .crash,
                "pod/\(podName) isn't Running: its \(place) can't be started\(times): its image \(container.text("image")) "
                    + "has no program \(program).",
                fix: "Correct the container's command, or take an image that has it.",
                command: "kubectl edit \(owner.path)\(owner.flag)")
        }
        let last = ended.text("message").split(separator: "\n").last.map { ": \($0)" } ?? ""
        var finding =
            "pod/\(podName) isn't Ready: its \(place) \(verb) with exit code \(code)\(meaning(code))\(times)\(last)."
        var fix = "Its output says why."
        if let missing = clue?.missingName {
            finding += " It looks for \(missing.name), and \(missing.why)."
            fix = missing.fix
        } else if last.isEmpty, let line = clue?.lastLine {
            finding += " Its output ends with: \(line)"
            fix = ""
        }
        return Finding(
            .crash, finding, fix: fix,
            command: "kubectl logs \(podName) -c \(name)\(restarts > 0 ? " --previous" : "")\(owner.flag)")
    }

    /// What it printed last.
    var clue: OutputClue? {
        situation.outputs["\(podName)/\(name)"].map {
            OutputClue(text: $0, namespace: pod["metadata"].text("namespace"), situation: situation)
        }
    }

    /// The program that a container can't be started for.
    private func missingProgram(_ message: String) -> String? {
        message.firstMatch(of: #/exec: "([^"]+)": (?:executable file not found|stat .*no such file)/#).map {
            String($0.1)
        }
    }

    private func isKilledByProbe(_ message: String) -> Bool {
        message.contains("Container \(name) failed liveness probe")
            || message.contains("Container \(name) failed startup probe")
    }

    private func meaning(_ code: Int) -> String {
        switch code {
        case 0: " (success, but it should go on running)"
        case 126: " (the program can't be executed)"
        case 127: " (there is no such program)"
        case 134: " (it aborted itself)"
        case 137: " (killed by SIGKILL)"
        case 139: " (a memory fault)"
        case 143: " (ended by SIGTERM)"
        default: ""
        }
    }

    private func outOfMemory(_ times: String) -> Finding {
        let limit = Quantity(container["resources"]["limits"]["memory"])
        let shown = container["resources"]["limits"].text("memory")
        guard let limit else {
            return Finding(
                .outOfMemory,
                "pod/\(podName) isn't Ready: its \(place) was killed because the node ran out of memory\(times).",
                fix: "Give it a memory request, so that it goes where there is enough.",
                command: "kubectl set resources \(owner.path) -c \(name) --requests=memory=256Mi\(owner.flag)")
        }
        let more = MemoryText.of(limit.value * 2)
        let change = owner.isPod ? "A pod's limit can't be raised here: make the pod anew with more." : "Raise it."
        return Finding(
            .outOfMemory,
            "pod/\(podName) isn't Ready: its \(place) was killed (OOMKilled) because it needs more memory than its limit "
                + "of \(shown)\(times).",
            fix: "\(change) If it grows without end at any limit, the program leaks.",
            command: owner.isPod
                ? "" : "kubectl set resources \(owner.path) -c \(name) --limits=memory=\(more)\(owner.flag)")
    }

    // MARK: Running

    private func running(_ running: JSON) -> Finding? {
        if status["started"].bool == false, container.has("startupProbe") {
            return ProbeDiagnosis(of: self).failing("startupProbe")
        }
        if let event = lastLivenessFailure, EventTime.of(event) >= Self.time(running.text("startedAt")) {
            let restarts = status["restartCount"].int ?? 0
            let times = restarts > 0 ? ", restarted \(restarts) \(restarts == 1 ? "time" : "times")" : ""
            return ProbeDiagnosis(of: self).killed("livenessProbe", times)
        }
        if status["ready"].bool == true || isInit { return nil }
        if let last = status["lastState"]["terminated"].object.map({ _ in status["lastState"]["terminated"] }),
            last.text("reason") == "OOMKilled"
        {
            return outOfMemory(", restarted \(status["restartCount"].int ?? 0) times")
        }
        return ProbeDiagnosis(of: self).failing("readinessProbe")
    }

    private var lastLivenessFailure: JSON? {
        guard container.has("livenessProbe") else { return nil }
        return situation.lastEvent(about: pod, ["Unhealthy"]) { $0.hasPrefix("Liveness probe failed") }
    }

    /// Seconds since 1970; 0 for no time.
    private static func time(_ text: String) -> Double { (try? Timestamp(parsing: text))?.time ?? 0 }

    /// One line, without the end's point.
    func clean(_ message: String) -> String {
        var text = message.replacing("\n", with: " ")
        while text.hasSuffix(".") || text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}

enum MemoryText {
    /// `200Mi`, `3Gi`.
    static func of(_ bytes: Int) -> String {
        let gibi = 1 << 30, mebi = 1 << 20
        if bytes >= gibi, bytes % gibi == 0 { return "\(bytes / gibi)Gi" }
        return bytes >= mebi ? "\(bytes / mebi)Mi" : "\(bytes / 1_024)Ki"
    }

    /// `3.2Gi`.
    static func shown(_ bytes: Int) -> String {
        if bytes < 1 << 30 { return of(bytes) }
        let tenths = bytes * 10 / (1 << 30)
        return tenths % 10 == 0 ? "\(tenths / 10)Gi" : "\(tenths / 10).\(tenths % 10)Gi"
    }
}
