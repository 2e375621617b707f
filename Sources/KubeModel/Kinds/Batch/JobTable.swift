import JSON

/// What `kubectl get jobs` prints.
enum JobTable {
    static let table = KindTable([
        .objectName,
        .init("Status", "Where the job stands."),
        .init("Completions", "Pods that succeeded, of those wanted."),
        .init("Duration", "The time from start to completion, or until now."),
        .objectAge, .containers, .images, .podSelector,
    ]) { object, now in
        let template = object["spec"]["template"]
        return [
            KindTable.Cell.name(object), .string(state(of: object)), .string(completions(of: object)),
            .string(duration(of: object["status"], now)), KindTable.Cell.age(object, now),
            KindTable.Cell.containers(template), KindTable.Cell.images(template),
            SpecSelector.cell(object["spec"]["selector"]),
        ]
    }

    private static func state(of object: JSON) -> String {
        if JobStatus.has("Complete", object) { return "Complete" }
        if JobStatus.has("Failed", object) { return "Failed" }
        if object["metadata"].has("deletionTimestamp") { return "Terminating" }
        return ["Suspended", "FailureTarget"].first { JobStatus.has($0, object) } ?? "Running"
    }

    private static func completions(of object: JSON) -> String {
        let succeeded = object["status"]["succeeded"].int ?? 0
        if let wanted = object["spec"]["completions"].int { return "\(succeeded)/\(wanted)" }
        let parallelism = object["spec"]["parallelism"].int ?? 0
        return parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1"
    }

    private static func duration(of status: JSON, _ now: Double) -> String {
        guard let start = time(status["startTime"]) else { return "" }
        return AgeText.of(seconds: (time(status["completionTime"]) ?? now) - start)
    }

    private static func time(_ value: JSON) -> Double? {
        value.string.flatMap { try? Timestamp(parsing: $0) }?.time
    }
}
