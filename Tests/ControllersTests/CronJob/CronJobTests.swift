import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct CronJobTests {
    static func seconds(_ text: String) throws -> Int { try Timestamp(parsing: text).seconds }

    @Test(
        "a schedule's next run",
        arguments: [
            ("*/5 * * * *", "2026-03-01T10:02:30Z", "2026-03-01T10:05:00Z"),
            ("0 0 * * *", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"),
            ("30 4 1 * *", "2026-12-15T00:00:00Z", "2027-01-01T04:30:00Z"),
            ("0 12 * * 1", "2026-03-01T10:00:00Z", "2026-03-02T12:00:00Z"),
            ("0 0 13 * 5", "2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z"),
            ("0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("@hourly", "2026-03-01T10:59:59Z", "2026-03-01T11:00:00Z"),
            ("@every 90s", "2026-03-01T10:00:00Z", "2026-03-01T10:01:30Z"),
        ])
    func next(_ schedule: String, _ from: String, _ wanted: String) throws {
        let next = try CronSchedule(parsing: schedule).next(after: try Self.seconds(from))
        #expect(next.map { Timestamp(seconds: $0).text } == wanted)
    }

    @Test("a rule for every year gives winter's and summer's offset")
    func zone() throws {
        let rule = try #require(YearlyZoneRule("CET-1CEST,M3.5.0,M10.5.0/3"))
        #expect(rule.offset(try Self.seconds("2026-03-29T00:59:59Z")) == 3_600)
        #expect(rule.offset(try Self.seconds("2026-03-29T01:00:00Z")) == 7_200)
        #expect(rule.offset(try Self.seconds("2026-10-25T00:59:59Z")) == 7_200)
        #expect(rule.offset(try Self.seconds("2026-10-25T01:00:00Z")) == 3_600)
        #expect(YearlyZoneRule("JST-9")?.offset(0) == 32_400)
        #expect(YearlyZoneRule("<-03>3")?.offset(0) == -10_800)
        let next = try CronSchedule(parsing: "0 9 * * *").next(
            after: try Self.seconds("2026-03-28T12:00:00Z"), offset: rule.offset)
        #expect(next.map { Timestamp(seconds: $0).text } == "2026-03-29T07:00:00Z")
        #expect(ZoneRules("No/Such") == nil)
        #expect(try #require(ZoneRules("UTC")).text(0) == "1970-01-01T00:00:00Z")
        #expect(try #require(ZoneRules("UTC")).mailText(1_767_225_600) == "Thu, 01 Jan 2026 00:00:00 +0000")
    }

    @Test("of missed runs the latest counts")
    func due() throws {
        let schedule = try CronSchedule(parsing: "*/10 * * * *")
        var cronJob: JSON = [
            "metadata": ["name": "c", "creationTimestamp": "2026-03-01T10:00:00Z"], "spec": [:], "status": [:],
        ]
        func due(_ now: String) throws -> (String?, CronJobPlan.Missed) {
            let (time, missed) = CronJobPlan.due(
                cronJob, schedule, now: Double(try Self.seconds(now)), offset: { _ in 0 })
            return (time.map { Timestamp(seconds: $0).text }, missed)
        }
        #expect(try due("2026-03-01T10:09:59Z") == (nil, .none))
        #expect(try due("2026-03-01T10:10:00Z") == ("2026-03-01T10:10:00Z", .none))
        #expect(try due("2026-03-01T11:05:00Z") == ("2026-03-01T11:00:00Z", .few))
        #expect(try due("2026-03-03T11:05:00Z") == ("2026-03-03T11:00:00Z", .many))
        cronJob["spec", "startingDeadlineSeconds"] = 30
        #expect(try due("2026-03-03T11:05:00Z") == (nil, .none))
    }

    @Test("finished jobs beyond the limits go, the oldest first")
    func history() {
        func job(_ name: String, _ ending: String, _ start: String) -> JSON {
            [
                "metadata": ["name": .string(name)],
                "status": ["startTime": .string(start), "conditions": [["type": .string(ending), "status": "True"]]],
            ]
        }
        let cronJob: JSON = ["spec": ["successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1]]
        let jobs = [
            job("a", "Complete", "2026-01-02T00:00:00Z"), job("b", "Complete", "2026-01-01T00:00:00Z"),
            job("c", "Failed", "2026-01-01T00:00:00Z"),
        ]
        #expect(CronJobPlan.expired(cronJob, jobs).map(\.objectName) == ["b"])
    }

    @Test("a cron job begins jobs and lists them while they run")
    func runs() async throws {
        try await TestCluster.with { cluster in
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            let spec: JSON = ["restartPolicy": "Never", "containers": [["name": "c", "image": "x"]]]
            try await cluster.api.create(
                .cronJobs,
                [
                    "apiVersion": "batch/v1", "kind": "CronJob", "metadata": ["name": "tick", "namespace": "default"],
                    "spec": [
                        "schedule": "@every 1s", "concurrencyPolicy": "Forbid",
                        "jobTemplate": ["spec": ["template": ["spec": spec]]],
                    ],
                ])
            let jobs = try await cluster.until("job", .jobs) { !$0.isEmpty }
            #expect(jobs[0].objectName.hasPrefix("tick-") && jobs[0].controllerReference?.text("name") == "tick")
            _ = try await cluster.until("listed", .cronJobs, "default", "tick") {
                $0["status"].list("active").count == 1 && !$0["status"]["lastScheduleTime"].isNull
            }
        }
    }
}
