/// Lines that the original client or a daemon refuses, or answers without anything being there; a line each.
let refusedLines = #"""
    docker --foo
    docker -Z ps
    docker help foo
    docker ps foo
    docker ps --foo
    docker ps -Z
    docker ps -n
    docker ps -n x
    docker ps -n x=3
    docker ps --last=99999999999999999999
    docker ps --no-trunc=maybe
    docker ps -f foo
    docker ps -f foo=bar
    docker ps -f status=foo
    docker ps -f name=[
    docker ps -f exited=x
    docker ps -f health=x
    docker ps -f label=a -f label=b=c
    docker ps -f since=nosuch
    docker ps -f before=nosuch
    docker ps -f ancestor=nosuch
    docker ps -f publish=x
    docker ps -f expose=99999999
    docker ps -f is-task=x
    docker ps -f volume=/x -f network=nosuch
    docker ps --format '{{.Foo}}'
    docker ps --format '{{.ID'
    docker ps --format '{{foo .ID}}'
    docker ps --format '{{json}}'
    docker ps --format 'table {{.Foo}}'
    docker ps --format 'table'
    docker ps --format 'json'
    docker ps --format ''
    docker ps --format 'raw'
    docker run
    docker run --foo
    docker run --name
    docker run -p foo busybox
    docker run -p 99999:80 busybox
    docker run -p 80:foo busybox
    docker run -p 1:2:3:4 busybox
    docker run -p 300.1.1.1:80:80 busybox
    docker run -p 80-82:80-81 busybox
    docker run -v '' busybox
    docker run --mount foo busybox
    docker run --mount type=bind busybox
    docker run --mount type=bind,src=/nosuch,dst=/x busybox
    docker run --mount type=foo,dst=/x busybox
    docker run --mount type=volume,foo=bar,dst=/x busybox
    docker run --mount type=tmpfs,dst=/x,tmpfs-size=abc busybox
    docker run --mount type=bind,src=/tmp,dst=/x,readonly=maybe busybox
    docker run -m foo busybox
    docker run -m 1m busybox
    docker run -m -1 busybox
    docker run --cpus foo busybox
    docker run --cpus 1000 busybox
    docker run --cpus 0.000000000001 busybox
    docker run --ulimit foo busybox
    docker run --ulimit foo=1 busybox
    docker run --ulimit nofile=2:1 busybox
    docker run --ulimit nofile=1:2:3 busybox
    docker run -e '' busybox
    docker run -e '=x' busybox
    docker run --env-file /nosuch busybox
    docker run --label-file /nosuch busybox
    docker run -l '=x' busybox
    docker run --add-host foo busybox
    docker run --add-host foo:300.1.1.1 busybox
    docker run --dns foo busybox
    docker run --restart foo busybox
    docker run --restart always:3 busybox
    docker run --restart on-failure:x busybox
    docker run --restart on-failure:-1 busybox
    docker run --rm --restart always busybox
    docker run --log-driver foo busybox
    docker run --log-opt foo busybox
    docker run --log-opt foo=bar busybox
    docker run --log-driver none --log-opt a=b busybox
    docker run --shm-size foo busybox
    docker run --shm-size -1 busybox
    docker run --stop-signal FOO busybox
    docker run --stop-timeout x busybox
    docker run --health-interval x busybox
    docker run --health-interval 1us --health-cmd x busybox
    docker run --health-retries -1 busybox
    docker run --health-timeout -1s busybox
    docker run --no-healthcheck --health-cmd x busybox
    docker run --device foo busybox
    docker run --device /dev/nosuch busybox
    docker run --device /dev/null:/dev/x:foo busybox
    docker run --device-cgroup-rule foo busybox
    docker run --device-read-bps foo busybox
    docker run --device-read-bps /dev/nosuch:1mb busybox
    docker run --blkio-weight 1 busybox
    docker run --blkio-weight x busybox
    docker run --blkio-weight-device foo busybox
    docker run --security-opt foo busybox
    docker run --security-opt seccomp=/nosuch busybox
    docker run --security-opt no-new-privileges:maybe busybox
    docker run --sysctl foo busybox
    docker run --sysctl kernel.foo=1 busybox
    docker run --tmpfs foo busybox
    docker run --tmpfs /x:foo busybox
    docker run --network nosuch busybox
    docker run --network name=a,foo=b busybox
    docker run --ip foo busybox
    docker run --mac-address foo busybox
    docker run --hostname 'a b' busybox
    docker run --pid foo busybox
    docker run --ipc foo busybox
    docker run --uts foo busybox
    docker run --userns foo busybox
    docker run --cgroupns foo busybox
    docker run --gpus all busybox
    docker run --gpus foo=bar busybox
    docker run --runtime foo busybox
    docker run --isolation foo busybox
    docker run --platform foo busybox
    docker run --platform a/b/c/d busybox
    docker run -d -a stdin busybox
    docker run -a foo busybox
    docker run -d --rm --detach-keys foo busybox
    docker run --cidfile /etc/passwd busybox
    docker run --memory-swappiness 101 busybox
    docker run --memory-swap 1m busybox
    docker run --memory 64m --memory-swap 32m busybox
    docker run --memory-reservation 128m -m 64m busybox
    docker run --cpuset-cpus 99 busybox
    docker run --cpuset-cpus foo busybox
    docker run --cpu-shares x busybox
    docker run --cpu-period 1 busybox
    docker run --cpu-quota 1 busybox
    docker run --cpus 1 --cpu-quota 10000 busybox
    docker run --pids-limit x busybox
    docker run --oom-score-adj 2000 busybox
    docker run --oom-score-adj x busybox
    docker run --entrypoint /nosuch busybox
    docker run busybox nosuch
    docker run busybox /etc
    docker run busybox /etc/passwd
    docker run INVALID
    docker run ''
    docker run --name 'a b' busybox
    docker run --name a busybox
    docker run --link nosuch busybox
    docker run --link a:b:c busybox
    docker run --volumes-from a:b:c busybox
    docker run --storage-opt foo busybox
    docker run --expose foo busybox
    docker run --expose 80/foo busybox
    docker run --expose 90-80 busybox
    docker create
    docker start
    docker start nosuch
    docker start nosuch nosuch2
    docker start -a nosuch nosuch2
    docker start -ai nosuch
    docker stop
    docker stop nosuch
    docker stop -t x q
    docker stop -s FOO nosuch
    docker restart nosuch
    docker kill nosuch
    docker kill -s FOO nosuch
    docker kill
    docker rm
    docker rm nosuch
    docker rm -f nosuch
    docker rm -l nosuch
    docker rm -v nosuch nosuch2
    docker pause nosuch
    docker unpause nosuch
    docker rename
    docker rename q
    docker rename q r
    docker rename nosuch ''
    docker wait nosuch
    docker wait
    docker top
    docker top nosuch
    docker port
    docker port nosuch
    docker port nosuch 80
    docker port nosuch 80/foo
    docker logs
    docker logs nosuch
    docker logs q r
    docker logs --tail x nosuch
    docker logs --since x nosuch
    docker attach
    docker attach nosuch
    docker attach q r
    docker exec
    docker exec q
    docker exec nosuch true
    docker exec -d nosuch true
    docker exec -e '=' nosuch true
    docker exec --env-file /nosuch nosuch true
    docker diff
    docker diff nosuch
    docker cp
    docker cp q
    docker cp q r
    docker cp q: r:
    docker cp nosuch:/x .
    docker cp - nosuch:/x </dev/null
    docker export
    docker export nosuch
    docker export nosuch -o /nosuch/x
    docker commit
    docker commit nosuch
    docker commit nosuch INVALID
    docker update
    docker update q
    docker update -m foo q
    docker update -m 64m nosuch
    docker update --restart foo nosuch
    docker update --cpus x q
    docker stats nosuch
    docker stats --no-stream nosuch
    docker stats --no-stream
    docker inspect
    docker inspect nosuch
    docker inspect nosuch nosuch2
    docker inspect --type foo nosuch
    docker inspect --type image nosuch
    docker inspect --type container nosuch
    docker inspect --type network nosuch
    docker inspect --type volume nosuch
    docker inspect --type '' nosuch
    docker inspect -s --type image nosuch
    docker inspect -f '{{.Foo' nosuch
    docker inspect -f '{{.Foo}}' nosuch
    docker container inspect nosuch
    docker image inspect nosuch
    docker image inspect INVALID
    docker network inspect nosuch
    docker volume inspect nosuch
    docker volume inspect
    docker images INVALID
    docker images -f foo=bar
    docker images -f dangling=x
    docker images -f before=nosuch
    docker images -f since=nosuch
    docker images -f reference=[
    docker images -f label=x
    docker images -f until=x
    docker images nosuch
    docker images -a -q --format '{{.ID}}'
    docker history
    docker history nosuch
    docker tag
    docker tag q
    docker tag nosuch x
    docker tag nosuch INVALID
    docker tag nosuch a:b:c
    docker save
    docker logout
    docker volume ls foo
    docker volume ls -f foo=bar
    docker volume ls -f dangling=x
    docker volume ls --format '{{.Foo}}'
    docker volume rm
    docker volume rm nosuch
    docker volume rm -f nosuch
    docker network foo
    docker network ls -f foo=bar
    docker network ls -f dangling=x
    docker network ls -f scope=x
    docker network ls -f type=x
    docker network rm
    docker network rm nosuch
    docker network rm -f nosuch
    docker network rm bridge
    docker network create
    docker network connect
    docker network connect q
    docker network connect nosuch nosuch
    docker network connect bridge nosuch
    docker network connect --ip foo bridge nosuch
    docker network disconnect nosuch nosuch
    docker network disconnect bridge nosuch
    docker system foo
    docker system df foo
    docker system df --format '{{.Foo}}'
    docker system df -v --format '{{.Foo}}'
    docker context ls --format json
    docker context ls --format '{{.Name}} {{.Current}} {{.DockerEndpoint}} {{.Error}} {{.Description}}'
    docker context inspect nosuch
    docker context use nosuch
    docker context rm nosuch
    docker context rm default
    docker context create
    docker context create default
    docker context create 'a b'
    docker context create x --docker foo=bar
    docker context create x --docker host=foo
    docker context create x --from nosuch
    docker context import
    docker context update nosuch
    docker --tlsverify ps
    docker -l foo ps
    docker container foo
    docker container ls foo
    docker image foo
    docker image ls --foo
    docker ps --help=false
    docker run -h
    docker image -x
    docker export -o /tmp nosuch
    docker save -o /tmp nosuch
    docker login -p x --password-stdin reg.test
    docker login --password-stdin reg.test
    docker login -u '' reg.test
    docker load -i /nosuch
    docker load extra
    docker context update nosuch --description x
    docker context import x /nosuch
    docker -H a -H b ps
    docker -c nosuch ps
    docker -c default -H unix:///nosuch ps
    docker -H unix:///nosuch ps
    docker -H unix:///nosuch run busybox
    docker volume create --name x y
    docker inspect --type secret nosuch
    docker inspect --type node nosuch
    docker events --format '{{.Foo'
    docker rmi
    docker rmi nosuch
    docker rmi INVALID
    docker pull
    docker pull INVALID
    docker pull q r
    docker pull -a busybox:latest
    docker pull busybox@sha256:1
    docker push
    docker push nosuch
    docker push -a nosuch:x
    docker system prune --volumes --filter until=1h -f
    docker image prune -f --filter foo=bar
    docker container prune -f --filter until=x
    docker image ls -x
    docker run --pull never nosuch
    docker run --pull foo busybox
    docker run --cap-add FOO busybox true
    docker run -u nosuchuser busybox true
    docker run -w relative busybox true
    docker run --hostname x --network host busybox true
    """#
