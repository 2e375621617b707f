import JSON
import Testing

@testable import KubeModel

@Suite("batch")
struct BatchTests {
    static let template = """
        {"spec": {"restartPolicy": "Never", "containers": [{"name": "pi", "image": "perl:5"}]}}
        """

    func job(_ spec: String = "") throws -> JSON {
        var object = try Job.rules.defaulted(
            """
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "pi", "uid": "u-1"},
             "spec": {\(spec) "template": \(Self.template)}}
            """)
        Job.rules.prepareForCreate(&object)
        return object
    }

    func indexed() throws -> JSON {
        try job(#""completionMode": "Indexed", "completions": 5, "parallelism": 2, "#)
    }

    @Test("a minimal Job gets its counts, labels and selector")
    func jobDefaults() throws {
        let object = try job()
        let labels: JSON = [
            "batch.kubernetes.io/job-name": "pi", "job-name": "pi", "batch.kubernetes.io/controller-uid": "u-1",
            "controller-uid": "u-1",
        ]
        var spec = object["spec"]
        #expect(spec["template"]["metadata"]["labels"] == labels)
        #expect(object["metadata"]["labels"] == labels)
        spec.remove("template")
        #expect(
            spec == [
                "completions": 1, "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed",
                "suspend": false, "podReplacementPolicy": "TerminatingOrFailed", "manualSelector": false,
                "selector": ["matchLabels": ["batch.kubernetes.io/controller-uid": "u-1"]],
            ])
        #expect(object["metadata"]["generation"] == 1)
    }

    @Test("defaults of a Job depend on what is set")
    func jobDefaultsThatDepend() throws {
        #expect(try job(#""parallelism": 3, "#)["spec"].has("completions") == false)
        #expect(try job(#""backoffLimitPerIndex": 1, "#)["spec"]["backoffLimit"] == 2_147_483_647)
        let policy = #""podFailurePolicy": {"rules": [{"onPodConditions": [{"type": "DisruptionTarget"}]}]}, "#
        let spec = try job(policy)["spec"]
        #expect(spec["podReplacementPolicy"] == "Failed")
        #expect(spec["podFailurePolicy"]["rules"][0]["onPodConditions"][0]["status"] == "True")
    }

    @Test("a Job with its own selector keeps it")
    func manualSelector() throws {
        let object = try job(#""manualSelector": true, "selector": {"matchLabels": {"a": "b"}}, "#)
        #expect(object["spec"]["selector"] == ["matchLabels": ["a": "b"]])
        #expect(object["spec"]["template"].has("metadata") == false)
    }

    @Test("a Job's faults are the original's")
    func jobFaults() throws {
        Job.rules.expect(
            [
                FaultCase("parallelism", "spec.parallelism: Invalid value: -1: must be greater than or equal to 0") {
                    $0["spec", "parallelism"] = -1
                },
                FaultCase(
                    "restart",
                    "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""
                ) { $0["spec", "template", "spec", "restartPolicy"] = "Always" },
                FaultCase(
                    "mode",
                    "spec.completionMode: Unsupported value: \"Odd\": "
                        + "supported values: \"NonIndexed\", \"Indexed\""
                ) { $0["spec", "completionMode"] = "Odd" },
                FaultCase(
                    "indexed without completions",
                    "spec.completions: Required value: when completion mode is Indexed"
                ) {
                    $0["spec", "completionMode"] = "Indexed"
                    $0.edit("spec") { $0.remove("completions") }
                },
                FaultCase(
                    "per index", "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"
                ) { $0["spec", "backoffLimitPerIndex"] = 1 },
                FaultCase(
                    "manager",
                    "spec.managedBy: Invalid value: \"me\": must be a domain-prefixed path (such as \"acme.io/foo\")"
                ) { $0["spec", "managedBy"] = "me" },
                FaultCase(
                    "replacement",
                    "spec.podReplacementPolicy: Unsupported value: \"Odd\": "
                        + "supported values: \"Failed\", \"TerminatingOrFailed\""
                ) { $0["spec", "podReplacementPolicy"] = "Odd" },
                FaultCase(
                    "label that isn't the generated one",
                    "spec.template.metadata.labels[job-name]: Invalid value: "
                        + "{\"batch.kubernetes.io/controller-uid\":\"u-1\",\"batch.kubernetes.io/job-name\":\"pi\","
                        + "\"controller-uid\":\"u-1\",\"job-name\":\"x\"}: must be 'pi'"
                ) { $0["spec", "template", "metadata", "labels", "job-name"] = "x" },
                FaultCase(
                    "selector that isn't the generated one",
                    "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: `selector` not auto-generated",
                    "spec.template.metadata.labels: Invalid value: "
                        + "{\"batch.kubernetes.io/controller-uid\":\"u-1\",\"batch.kubernetes.io/job-name\":\"pi\","
                        + "\"controller-uid\":\"u-1\",\"job-name\":\"pi\"}: "
                        + "`selector` does not match template `labels`"
                ) { $0["spec", "selector"] = ["matchLabels": ["a": "b"]] },
                FaultCase(
                    "success policy",
                    "spec.successPolicy: Invalid value: {\"Rules\":[]}: requires indexed completion mode"
                ) { $0["spec", "successPolicy"] = ["rules": []] },
            ], of: try job())
    }

    @Test("a Job's restart policy is judged by the Job too, after the pod")
    func oddRestart() throws {
        var object = try job()
        object["spec", "template", "spec", "restartPolicy"] = "Odd"
        let faults = Job.rules.validate(object).map(\.description)
        #expect(faults.count == 2)
        #expect(
            faults.last
                == "spec.template.spec.restartPolicy: Unsupported value: \"Odd\": "
                + "supported values: \"OnFailure\", \"Never\"")
    }

    @Test("an Indexed Job's limits and success policy are checked")
    func indexedFaults() throws {
        let name = String(repeating: "a", count: 62)
        Job.rules.expect(
            [
                FaultCase(
                    "parallelism",
                    "spec.parallelism: Invalid value: 100001: "
                        + "must be less than or equal to 100000 when completion mode is Indexed"
                ) { $0["spec", "parallelism"] = 100_001 },
                FaultCase(
                    "failed indexes", "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
                    "spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions"
                ) { $0["spec", "maxFailedIndexes"] = 6 },
                FaultCase(
                    "many", "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000"
                ) {
                    $0["spec", "completions"] = 100_001
                    $0["spec", "backoffLimitPerIndex"] = 1
                },
                FaultCase(
                    "no rules",
                    "spec.successPolicy.rules: Required value: "
                        + "at least one rules must be specified when the successPolicy is specified"
                ) { $0["spec", "successPolicy"] = [:] },
                FaultCase(
                    "empty rule",
                    "spec.successPolicy.rules[0]: Required value: "
                        + "at least one of succeededCount or succeededIndexes must be specified"
                ) { $0["spec", "successPolicy"] = ["rules": [[:]]] },
                FaultCase(
                    "index beyond",
                    "spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"1,7\": "
                        + "error parsing succeededIndexes: too large index: \"7\""
                ) { $0["spec", "successPolicy"] = ["rules": [["succeededIndexes": "1,7"]]] },
                FaultCase(
                    "count beyond",
                    "spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 "
                        + "(the number of indexes in the specified succeededIndexes field)"
                ) {
                    $0["spec", "successPolicy"] = ["rules": [["succeededIndexes": "0,2-3", "succeededCount": 4]]]
                },
                FaultCase(
                    "host name",
                    "spec.template.metadata.labels[job-name]: Invalid value: "
                        + "{\"batch.kubernetes.io/controller-uid\":\"u-1\",\"batch.kubernetes.io/job-name\":\"pi\","
                        + "\"controller-uid\":\"u-1\",\"job-name\":\"pi\"}: must be '\(name)'",
                    "spec.template.metadata.labels[batch.kubernetes.io/job-name]: Invalid value: "
                        + "{\"batch.kubernetes.io/controller-uid\":\"u-1\",\"batch.kubernetes.io/job-name\":\"pi\","
                        + "\"controller-uid\":\"u-1\",\"job-name\":\"pi\"}: must be '\(name)'",
                    "metadata.name: Invalid value: \"\(name)\": "
                        + "will not able to create pod with invalid DNS label: \(name)-4"
                ) { $0["metadata", "name"] = .string(name) },
            ], of: try indexed())
    }

    @Test("a pod failure policy's faults are the original's")
    func failurePolicy() throws {
        let good = try job(
            #""podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1]}}]}, "#
        )
        func rule(_ rule: JSON) -> (inout JSON) -> Void { { $0["spec", "podFailurePolicy"] = ["rules": [rule]] } }
        let path = "spec.podFailurePolicy.rules[0]"
        Job.rules.expect(
            [
                FaultCase(
                    "nothing",
                    "\(path).action: Required value: valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]",
                    "\(path): Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
                    change: rule([:])),
                FaultCase(
                    "action",
                    "\(path).action: Unsupported value: \"Odd\": "
                        + "supported values: \"Count\", \"FailIndex\", \"FailJob\", \"Ignore\"",
                    change: rule(["action": "Odd", "onExitCodes": ["operator": "In", "values": [1]]])),
                FaultCase(
                    "fail index",
                    "\(path).action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set",
                    change: rule(["action": "FailIndex", "onExitCodes": ["operator": "In", "values": [1]]])),
                FaultCase(
                    "codes", "\(path).onExitCodes.values[1]: Duplicate value: 3",
                    "\(path).onExitCodes.values[2]: Invalid value: 0: must not be 0 for the In operator",
                    "\(path).onExitCodes.values: Invalid value: [3,3,0]: must be ordered",
                    change: rule(["action": "Count", "onExitCodes": ["operator": "In", "values": [3, 3, 0]]])),
                FaultCase(
                    "container",
                    "\(path).onExitCodes.containerName: Invalid value: \"x\": "
                        + "must be one of the container or initContainer names in the pod template",
                    change: rule([
                        "action": "Count",
                        "onExitCodes": ["operator": "NotIn", "values": [0], "containerName": "x"],
                    ])),
                FaultCase(
                    "status",
                    "\(path).onPodConditions[0].status: Required value: valid values: [\"False\" \"True\" \"Unknown\"]",
                    change: rule(["action": "Count", "onPodConditions": [["type": "A"]]])),
            ], of: good)
    }

    @Test("of a Job's spec little may change, and nothing of its template unless it is suspended")
    func jobChange() throws {
        let rules = Job.rules
        rules.expectUpdates(
            [
                FaultCase("parallelism") { $0["spec", "parallelism"] = 5 },
                FaultCase("completions", "spec.completions: Invalid value: 2: field is immutable") {
                    $0["spec", "completions"] = 2
                },
                FaultCase("mode", "spec.completionMode: Invalid value: \"Indexed\": field is immutable") {
                    $0["spec", "completionMode"] = "Indexed"
                },
                FaultCase("manager", "spec.managedBy: Invalid value: \"a.io/b\": field is immutable") {
                    $0["spec", "managedBy"] = "a.io/b"
                },
            ], of: try job())
        let suspended = try job(#""suspend": true, "#)
        rules.expectUpdates(
            [
                FaultCase("node selector") { $0["spec", "template", "spec", "nodeSelector"] = ["a": "b"] },
                FaultCase("annotations") { $0["spec", "template", "metadata", "annotations"] = ["a": "b"] },
            ], of: suspended)
        var started = suspended
        started["status", "startTime"] = "2026-01-01T00:00:00Z"
        var changed = started
        changed["spec", "template", "spec", "nodeSelector"] = ["a": "b"]
        let faults = rules.validateUpdate(changed, started)
        #expect(faults.map(\.path.description) == ["spec.template"])
        #expect(faults.map(\.detail) == ["field is immutable"])
        rules.expectUpdates(
            [
                FaultCase(
                    "completions alone",
                    "spec.completions: Invalid value: 6: can only be modified in tandem with spec.parallelism"
                ) { $0["spec", "completions"] = 6 },
                FaultCase("in tandem") {
                    $0["spec", "completions"] = 6
                    $0["spec", "parallelism"] = 6
                },
            ], of: try indexed())
    }

    @Test("a Job's status can neither contradict itself nor go back")
    func jobStatus() throws {
        func condition(_ type: String) -> JSON { ["type": .string(type), "status": "True"] }
        var object = try job()
        object["status"] = ["startTime": "2026-01-01T00:00:00Z", "failed": 2, "active": 1]
        Job.rules.expectStatusUpdates(
            [
                FaultCase("more failures") { $0["status", "failed"] = 3 },
                FaultCase("fewer failures", "status.failed: Invalid value: 1: cannot decrease the failed counter") {
                    $0["status", "failed"] = 1
                },
                FaultCase(
                    "complete", "status.completionTime: Required value: completionTime is required for Complete jobs",
                    "status.conditions: Invalid value: cannot set Complete=True condition without the "
                        + "SuccessCriteriaMet=true condition",
                    "status.active: Invalid value: 1: active>0 is invalid for finished job"
                ) { $0["status", "conditions"] = [condition("Complete")] },
                FaultCase(
                    "failed",
                    "status.conditions: Invalid value: cannot set Failed=True condition without the "
                        + "FailureTarget=true condition"
                ) {
                    $0["status", "conditions"] = [condition("Failed")]
                    $0["status", "active"] = 0
                },
                FaultCase(
                    "completion before start",
                    "status.completionTime: Invalid value: \"2025-01-01T00:00:00Z\": "
                        + "cannot set completionTime when there is no Complete=True condition",
                    "status.completionTime: Invalid value: \"2025-01-01T00:00:00Z\": "
                        + "completionTime cannot be set before startTime"
                ) { $0["status", "completionTime"] = "2025-01-01T00:00:00Z" },
                FaultCase(
                    "restart", "status.startTime: Required value: startTime cannot be removed for unsuspended job"
                ) { $0.edit("status") { $0.remove("startTime") } },
                FaultCase("ready", "status.ready: Invalid value: 2: cannot set more ready pods than active") {
                    $0["status", "ready"] = 2
                },
            ], of: object)
        var failed = object
        failed["status"] = ["conditions": [condition("FailureTarget"), condition("Failed")]]
        Job.rules.expectStatusUpdates(
            [
                FaultCase(
                    "alive again",
                    "status.conditions: Invalid value: cannot disable the terminal Failed=True condition",
                    "status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition"
                ) { $0["status", "conditions"] = [] }
            ], of: failed)
    }

    @Test("index lists are read as the original reads them")
    func indexes() {
        func read(_ text: String) -> String {
            do { return String(try IndexIntervals.count(text, below: 10)) } catch { return error.description }
        }
        #expect(read("") == "0")
        #expect(read("1,3-5,7") == "5")
        #expect(read("5,3") == "non-increasing order, previous: 5, current: 3")
        #expect(read("5-5") == "non-increasing order, previous: 5, current: 5")
        #expect(read("1-2-3").hasPrefix("the fragment \"1-2-3\" violates"))
        #expect(read("x") == "cannot convert string to integer for index: \"x\"")
        #expect(IndexIntervals.overlap("0-3,6", "4,6-8", below: 10) == 6)
        #expect(IndexIntervals.overlap("0-3", "4-5", below: 10) == nil)
    }

    @Test("a Job prints its state, completions and duration")
    func jobRow() throws {
        var object = try job()
        object["status"] = ["startTime": "2026-01-01T00:00:00Z", "succeeded": 0]
        let wide: [JSON] = ["pi", "perl:5", "batch.kubernetes.io/controller-uid=u-1"]
        #expect(Job.rules.row(object) == ["pi", "Running", "0/1", "60m", "60m"] + wide)
        object["status"] = [
            "startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:00:42Z", "succeeded": 1,
            "conditions": [["type": "Complete", "status": "True"]],
        ]
        #expect(Job.rules.row(object) == ["pi", "Complete", "1/1", "42s", "60m"] + wide)
        #expect(Job.rules.selectableFields(object) == ["status.successful": "1"])
    }

    func cronJob(_ spec: String = "") throws -> JSON {
        try CronJob.rules.defaulted(
            """
            {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "hourly"},
             "spec": {"schedule": "*/5 * * * *", \(spec) "jobTemplate": {"spec": {"template": \(Self.template)}}}}
            """)
    }

    @Test("a minimal CronJob gets its policy and history, and its jobs nothing that a Job gets by itself")
    func cronJobDefaults() throws {
        var spec = try cronJob()["spec"]
        #expect(spec["jobTemplate"]["spec"].has("backoffLimit") == false)
        #expect(spec["jobTemplate"]["spec"]["template"]["spec"]["dnsPolicy"] == "ClusterFirst")
        spec.remove("jobTemplate")
        #expect(
            spec == [
                "schedule": "*/5 * * * *", "concurrencyPolicy": "Allow", "suspend": false,
                "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
            ])
    }

    @Test("a CronJob's faults are the original's")
    func cronJobFaults() throws {
        let long = String(repeating: "a", count: 53)
        CronJob.rules.expect(
            [
                FaultCase("schedule", "spec.schedule: Required value") { $0["spec", "schedule"] = "" },
                FaultCase(
                    "fields",
                    "spec.schedule: Invalid value: \"a b\": expected exactly 5 fields, found 2: [a b]"
                ) { $0["spec", "schedule"] = "a b" },
                FaultCase(
                    "zone in schedule",
                    "spec.schedule: Invalid value: \"TZ=UTC 0 * * * *\": "
                        + "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
                ) { $0["spec", "schedule"] = "TZ=UTC 0 * * * *" },
                FaultCase(
                    "zone", "spec.timeZone: Invalid value: \"Mars/Olympus\": unknown time zone Mars/Olympus"
                ) { $0["spec", "timeZone"] = "Mars/Olympus" },
                FaultCase(
                    "empty zone", "spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string"
                ) { $0["spec", "timeZone"] = "" },
                FaultCase(
                    "local zone",
                    "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as defined in "
                        + "https://www.iana.org/time-zones"
                ) { $0["spec", "timeZone"] = "Local" },
                FaultCase(
                    "policy",
                    "spec.concurrencyPolicy: Unsupported value: \"Odd\": "
                        + "supported values: \"Allow\", \"Forbid\", \"Replace\""
                ) { $0["spec", "concurrencyPolicy"] = "Odd" },
                FaultCase(
                    "selector",
                    "spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated"
                ) { $0["spec", "jobTemplate", "spec", "selector"] = [:] },
                FaultCase(
                    "manual selector",
                    "spec.jobTemplate.spec.manualSelector: Unsupported value: true: "
                        + "supported values: \"nil\", \"false\""
                ) { $0["spec", "jobTemplate", "spec", "manualSelector"] = true },
                FaultCase(
                    "long name", "metadata.name: Invalid value: \"\(long)\": must be no more than 52 characters"
                ) { $0["metadata", "name"] = .string(long) },
            ], of: try cronJob(#""timeZone": "Europe/Berlin", "#))
    }

    @Test("a CronJob prints schedule, zone and last run")
    func cronJobRow() throws {
        var object = try cronJob()
        object["status"] = ["active": [[:]], "lastScheduleTime": "2026-01-01T00:55:00Z"]
        #expect(
            CronJob.rules.row(object) == [
                "hourly", "*/5 * * * *", "<none>", "False", 1, "5m", "60m", "pi", "perl:5", "<none>",
            ])
    }

    @Test(
        "schedules are read as cron reads them",
        arguments: [
            ("* * * * *", nil),
            ("0 9-17/2 1,15 jan-MAR mon", nil),
            ("@hourly", nil),
            ("@every 1h30m", nil),
            ("", "empty spec string"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("-5 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("@often", "unrecognized descriptor: @often"),
            ("CRON_TZ=Nowhere * * * * *", "provided bad location Nowhere: unknown time zone Nowhere"),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ] as [(String, String?)])
    func schedule(text: String, failure: String?) {
        do {
            _ = try CronSchedule(parsing: text)
            #expect(failure == nil)
        } catch {
            #expect(error.description == failure)
        }
    }

    @Test("a schedule's bits are the values at which it runs")
    func scheduleBits() throws {
        let schedule = try CronSchedule(parsing: "0-10/5 20/2 1 feb,DEC sun")
        #expect(schedule.minutes == 1 << 0 | 1 << 5 | 1 << 10)
        #expect(schedule.hours == 1 << 20 | 1 << 22)
        #expect(schedule.daysOfMonth == 1 << 1)
        #expect(schedule.months == 1 << 2 | 1 << 12)
        #expect(schedule.daysOfWeek == 1)
        #expect(!schedule.isAnyDayOfMonth)
        #expect(try CronSchedule(parsing: "@daily").hours == 1)
        #expect(try CronSchedule(parsing: "@every 2s").every == 2_000_000_000)
    }
}
