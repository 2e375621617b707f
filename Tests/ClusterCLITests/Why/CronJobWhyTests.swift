import JSON
import KubeModel
import Testing

@testable import ClusterCLI

@Suite("why a cron job starts nothing, or in vain")
struct CronJobWhyTests {
    /// 2026-01-01T12:00:30Z.
    private static let now = 1_767_268_830.0

    private func cronJob(_ spec: JSON, _ status: JSON = [:]) -> JSON {
        var object = Make.object("CronJob", "nightly", ["spec": spec, "status": status])
        object["metadata"]["creationTimestamp"] = "2026-01-01T08:00:00Z"
        return object
    }

    private func job(_ name: String, _ begin: String, _ condition: JSON = .null) -> JSON {
        Make.object(
            "Job", name,
            [
                "metadata": [
                    "creationTimestamp": .string(begin), "ownerReferences": Make.owner("CronJob", "nightly"),
                ],
                "spec": ["completions": 1],
                "status": condition.isNull ? [:] : ["conditions": [condition]],
            ])
    }

    private func failed(_ reason: String) -> JSON {
        ["type": "Failed", "status": "True", "reason": .string(reason), "message": "Job has reached its limit"]
    }

    private func why(_ cronJob: JSON, _ fill: (inout Situation) -> Void = { _ in }) -> Diagnosis {
        var situation = Situation(now: Self.now)
        situation.nodes = [Make.node("n1")]
        fill(&situation)
        return Why.diagnose(cronJob, "CronJob", situation)
    }

    @Test("suspended")
    func suspended() {
        let found = why(
            cronJob(["schedule": "0 * * * *", "suspend": true], ["lastScheduleTime": "2026-01-01T11:00:00Z"]))
        #expect(found.cause == .paused)
        #expect(
            found.text == """
                cronjob/nightly is suspended: it starts no jobs; the last began 60m ago. Let it go on.

                    kubectl patch cronjob/nightly --type=merge -p '{"spec":{"suspend":false}}'

                """)
        #expect(why(cronJob(["schedule": "0 * * * *", "suspend": true])).finding.hasSuffix("and hasn't run yet."))
    }

    @Test("a schedule without a day, one that can't be read, and a zone that isn't known")
    func schedules() {
        let never = why(cronJob(["schedule": "0 0 30 2 *"]))
        #expect(never.cause == .schedule)
        #expect(
            never.finding
                == "cronjob/nightly starts no jobs: no day of the coming years fits its schedule \"0 0 30 2 *\".")
        #expect(
            why(cronJob(["schedule": "0 0 * *"])).finding.contains(
                "its schedule \"0 0 * *\" can't be read: expected exactly 5 fields, found 4"))
        let zone = why(cronJob(["schedule": "0 0 * * *", "timeZone": "Mars/Olympus"]))
        #expect(zone.finding.contains("the time zone Mars/Olympus isn't known"))
        #expect(zone.command.contains("Etc/UTC"))
        let told = cronJob(["schedule": "0 0 * * *", "timeZone": "Etc/UTC"])
        let elsewhere = why(told) {
            var event = Make.event(told, "UnknownTimeZone", "invalid timeZone: \"Etc/UTC\": unknown time zone Etc/UTC")
            event["lastTimestamp"] = "2026-01-01T11:00:00Z"
            $0.events = [event]
        }
        #expect(elsewhere.finding.contains("the time zone Etc/UTC isn't known"))
    }

    @Test("Forbid while a job still runs, and while one can't get on")
    func forbid() {
        let object = cronJob(
            ["schedule": "*/10 * * * *", "concurrencyPolicy": "Forbid"],
            ["lastScheduleTime": "2026-01-01T11:40:00Z", "active": [["name": "nightly-1"]]])
        let running = job("nightly-1", "2026-01-01T11:40:00Z")
        let busy = why(object) { $0.jobs = [running] }
        #expect(busy.cause == .schedule)
        #expect(
            busy.finding
                == "cronjob/nightly starts no jobs now: its job/nightly-1 has been running for 20m. Until it ends, "
                + "concurrencyPolicy Forbid starts no other one: the run of 2026-01-01T12:00:00Z was left out.")
        #expect(busy.command.hasSuffix("'{\"spec\":{\"concurrencyPolicy\":\"Allow\"}}'"))
        let stuck = why(object) {
            $0.jobs = [running]
            $0.pods = [
                Make.pod(
                    "nightly-1-x", state: Make.waiting("ImagePullBackOff", "no such image"),
                    owner: Make.owner("Job", "nightly-1"))
            ]
        }
        #expect(stuck.cause == .image)
        #expect(stuck.finding.hasPrefix("the job of cronjob/nightly that began 20m ago doesn't get on: job/nightly-1"))
        #expect(stuck.finding.hasSuffix("the run of 2026-01-01T12:00:00Z was left out."))
        // With Allow nothing is left out.
        var allowing = object
        allowing["spec"]["concurrencyPolicy"] = "Allow"
        let well = why(allowing) { $0.jobs = [running] }
        #expect(well.isWell)
        #expect(
            well.finding
                == "cronjob/nightly runs: its job/nightly-1 began 20m ago; the next run comes in 9m30s.")
    }

    @Test("runs that were missed, with a deadline and without, and jobs that can't be created")
    func missed() {
        let status: JSON = ["lastScheduleTime": "2026-01-01T09:00:00Z"]
        let late = why(cronJob(["schedule": "50 * * * *", "startingDeadlineSeconds": 60], status))
        #expect(late.cause == .schedule)
        #expect(
            late.finding
                == "cronjob/nightly has missed its run of 2026-01-01T11:50:00Z, 10m ago: nothing began it within its "
                + "startingDeadlineSeconds of 60, after which it is left out; the next run comes in 49m.")
        #expect(late.command.hasSuffix("'{\"spec\":{\"startingDeadlineSeconds\":200}}'"))
        let object = cronJob(["schedule": "50 13 * * *", "timeZone": "Asia/Kolkata"])
        let asleep = why(object)
        #expect(asleep.finding.contains("should have run at 2026-01-01T13:50:00+05:30, 3h40m ago, and no controller"))
        let refused = why(object) {
            var event = Make.event(
                object, "FailedCreate", "Error creating job: jobs.batch \"x\" is forbidden: exceeded quota: q.")
            event["lastTimestamp"] = "2026-01-01T11:00:00Z"
            $0.events = [event]
        }
        #expect(refused.cause == .quota)
        #expect(refused.finding.hasSuffix("exceeded quota: q."))
        // A moment late is on its way.
        let soon = why(cronJob(["schedule": "0 12 * * *"])) { $0.now -= 25 }
        #expect(soon.isWell)
    }

    @Test("the last job failed: why, and it is over when one succeeded since")
    func lastFailed() {
        let object = cronJob(["schedule": "0 * * * *"], ["lastScheduleTime": "2026-01-01T12:00:00Z"])
        let bad = job("nightly-1", "2026-01-01T12:00:00Z", failed("BackoffLimitExceeded"))
        let ended: JSON = ["terminated": ["exitCode": 3]]
        let pod = Make.pod(
            "nightly-1-x", state: ended, owner: Make.owner("Job", "nightly-1"), phase: "Failed")
        let found = why(object) {
            $0.jobs = [bad]
            $0.pods = [pod]
            $0.outputs = ["nightly-1-x/c": "connecting\nno database\n"]
        }
        #expect(found.cause == .crash)
        #expect(
            found.finding
                == "the last run of cronjob/nightly failed: job/nightly-1 has failed for good (BackoffLimitExceeded), and "
                + "starts nothing again. pod/nightly-1-x isn't Ready: its container c ended with exit code 3. Its output "
                + "ends with: no database The next run comes in 59m.")
        #expect(found.command == "kubectl logs nightly-1-x -c c")
        let slow = why(object) {
            $0.jobs = [self.job("nightly-1", "2026-01-01T12:00:00Z", self.failed("DeadlineExceeded"))]
        }
        #expect(slow.finding.contains("It ran longer than its activeDeadlineSeconds"))
        let good = job("nightly-2", "2026-01-01T12:00:10Z", ["type": "Complete", "status": "True"])
        let well = why(object) { $0.jobs = [bad, good] }
        #expect(well.isWell)
        #expect(
            well.finding
                == "cronjob/nightly ran 20s ago and its job/nightly-2 succeeded; the next run comes in 59m.")
        #expect(
            why(cronJob(["schedule": "0 13 * * *"])).finding
                == "cronjob/nightly hasn't run yet; the next run comes in 59m.")
    }

    @Test("a job that is suspended, and one that has failed and left nothing")
    func jobs() {
        var situation = Situation(now: Self.now)
        var waiting = job("j", "2026-01-01T12:00:00Z")
        waiting["spec"]["suspend"] = true
        let paused = Why.diagnose(waiting, "Job", situation)
        #expect(paused.cause == .paused)
        #expect(paused.command == "kubectl patch job/j --type=merge -p '{\"spec\":{\"suspend\":false}}'")
        situation.jobs = []
        let gone = Why.diagnose(job("j", "2026-01-01T12:00:00Z", failed("BackoffLimitExceeded")), "Job", situation)
        #expect(
            gone.finding
                == "job/j has failed for good (BackoffLimitExceeded), and starts nothing again. Job has reached its "
                + "limit. Its pods are gone.")
    }

    @Test("a node with taints that somebody set")
    func taintedNode() {
        let node = Make.node(
            "n1",
            spec: [
                "taints": [
                    ["key": "dedicated", "value": "db", "effect": "NoSchedule"], ["key": "x", "effect": "NoExecute"],
                ]
            ])
        let found = Why.diagnose(node, "Node", Situation(now: Self.now))
        #expect(found.cause == .tainted)
        #expect(
            found.finding
                == "node/n1 is Ready, but takes only pods that tolerate its taints dedicated=db:NoSchedule, x:NoExecute, "
                + "and ends those that don't.")
        #expect(found.command == "kubectl taint node n1 dedicated=db:NoSchedule- x:NoExecute-")
        let soft = Make.node("n1", spec: ["taints": [["key": "x", "effect": "PreferNoSchedule"]]])
        #expect(Why.diagnose(soft, "Node", Situation(now: Self.now)).isWell)
    }
}
