import JSON

/// `batch` CronJob: makes Jobs at set times.
enum CronJob {
    /// Longest name in characters: a Job's name, at most 63, gets "-" and ten digits at its end.
    private static let longestName = 52

    static let rules: KindRules = {
        var rules = KindRules(group: "batch", kind: "CronJob")
        rules.defaults = applyDefaults
        rules.keepStatusApart()
        rules.countGeneration()
        rules.validate = { object in
            var faults = validateSpec(object["spec"], old: nil)
            if object["metadata"].text("name").utf8.count > longestName {
                faults.append(
                    .invalid(
                        FieldPath("metadata.name"), object["metadata"]["name"],
                        "must be no more than \(longestName) characters"))
            }
            return faults
        }
        rules.validateUpdate = { new, old in validateSpec(new["spec"], old: old["spec"]) }
        rules.warnings = warnings
        rules.table = table
        return rules
    }()

    private static func applyDefaults(_ object: inout JSON) {
        object.edit("spec") { spec in
            spec.fillZero("concurrencyPolicy", "Allow")
            spec.fillMissing("suspend", false)
            spec.fillMissing("successfulJobsHistoryLimit", 3)
            spec.fillMissing("failedJobsHistoryLimit", 1)
            spec.edit("jobTemplate") { $0.edit("spec", Job.applySpecDefaults) }
        }
    }

    private static func validateSpec(_ spec: JSON, old: JSON?) -> [FieldError] {
        let path = FieldPath("spec")
        var faults: [FieldError] = []
        if spec.text("schedule").isEmpty {
            faults.append(.required(path["schedule"]))
        } else {
            faults += scheduleFaults(spec, path["schedule"], mayNameZone: old?.text("schedule").contains("TZ") ?? false)
        }
        faults += SpecFaults.negative(spec, path, "startingDeadlineSeconds")
        if old.map({ $0["timeZone"] != spec["timeZone"] }) ?? true {
            faults += timeZoneFaults(spec["timeZone"], path["timeZone"])
        }
        if spec.text("concurrencyPolicy").isEmpty {
            faults.append(.required(path["concurrencyPolicy"]))
        } else {
            faults += SpecFaults.unsupported(spec, path, "concurrencyPolicy", ["Allow", "Forbid", "Replace"])
        }
        faults += jobFaults(spec["jobTemplate"]["spec"], path["jobTemplate"]["spec"])
        return faults + SpecFaults.negative(spec, path, "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    }

    private static func scheduleFaults(_ spec: JSON, _ path: FieldPath, mayNameZone: Bool) -> [FieldError] {
        let schedule = spec.text("schedule")
        var faults: [FieldError] = []
        do { _ = try CronSchedule(parsing: schedule) } catch {
            faults.append(.invalid(path, .string(schedule), error.description))
        }
        guard schedule.contains("TZ") else { return faults }
        if !mayNameZone {
            let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            faults.append(.invalid(path, .string(schedule), detail))
        } else if spec.has("timeZone") {
            let detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule"
            faults.append(.invalid(path, .string(schedule), detail))
        }
        return faults
    }

    private static func timeZoneFaults(_ zone: JSON, _ path: FieldPath) -> [FieldError] {
        guard let name = zone.string else { return [] }
        if name.isEmpty { return [.invalid(path, zone, "timeZone must be nil or non-empty string")] }
        let unknown = FieldError.invalid(path, zone, "unknown time zone \(name)")
        // 14 characters a part: the database's own rule.
        let isWellFormed = name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            part != "." && part != ".." && !part.hasPrefix("-") && (1...14).contains(part.utf8.count)
                && part.utf8.allSatisfy { isZoneByte($0) }
        }
        // Go's own rule, which comes before it looks.
        if name.contains("..") || name.hasPrefix("/") || name.hasPrefix("\\") {
            return [.invalid(path, zone, "time: invalid location name")]
        }
        guard isWellFormed else { return [unknown] }
        var faults: [FieldError] = []
        if name.lowercased() == "local" {
            let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
            faults.append(.invalid(path, zone, detail))
        }
        return TimeZoneNames.isKnown(name) ? faults : faults + [unknown]
    }

    private static func isZoneByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+")].contains(byte)
        }
    }

    private static func jobFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = JobSpec.faults(spec, path)
        if spec.has("selector") {
            let detail = "`selector` will be auto-generated"
            faults.append(SpecFaults.invalid(path["selector"], spec["selector"], detail))
        }
        if spec.flag("manualSelector") {
            faults.append(SpecFaults.notSupported(path["manualSelector"], true, ["nil", "false"]))
        }
        return faults
    }

    @Sendable private static func warnings(_ new: JSON, _ old: JSON?) -> [String] {
        let (path, job) = (FieldPath("spec.jobTemplate.spec"), new["spec"]["jobTemplate"]["spec"])
        var warnings = old == nil ? WorkloadTemplate.nameWarnings(new) : []
        if old.map({ !WorkloadTemplate.isSameGeneration(new, $0) }) ?? true {
            warnings += Job.specWarnings(job, old: old?["spec"]["jobTemplate"]["spec"] ?? .null, path)
        }
        if new["spec"].text("schedule").contains("TZ") {
            warnings.append(
                "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see "
                    + "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")
        }
        return warnings
    }

    private static let table = KindTable([
        .objectName,
        .init("Schedule", "When it runs, in cron's form."),
        .init("Timezone", "The zone of the schedule; the controller's own when there is none."),
        .init("Suspend", type: "boolean", "Whether no jobs are made for now."),
        .init("Active", type: "integer", "Jobs that run."),
        .init("Last Schedule", "The time since a job was last due."),
        .objectAge, .containers, .images, .podSelector,
    ]) { object, now in
        let (spec, status) = (object["spec"], object["status"])
        let job = spec["jobTemplate"]["spec"]
        let suspend = spec["suspend"].bool.map { $0 ? "True" : "False" } ?? "<unset>"
        let last = status.has("lastScheduleTime") ? AgeText.since(status["lastScheduleTime"], now: now) : "<none>"
        return [
            KindTable.Cell.name(object), .string(spec.text("schedule")),
            KindTable.Cell.text(spec["timeZone"], or: "<none>"), .string(suspend),
            .init(status.list("active").count), .string(last), KindTable.Cell.age(object, now),
            KindTable.Cell.containers(job["template"]), KindTable.Cell.images(job["template"]),
            SpecSelector.cell(job["selector"]),
        ]
    }
}
