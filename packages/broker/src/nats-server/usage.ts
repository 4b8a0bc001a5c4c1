/** What `--help` and `--help_tls` print. */

export const usage = `
Usage: nats-server [options]

Server:
    -a, --addr, --net HOST        address to listen on (default 0.0.0.0)
    -p, --port PORT               port for clients (default 4222; -1 takes any free one)
    -n, --name, --server_name NAME
                                  name of this server (default: its id)
    -P, --pid FILE                write the process id to this file
    -m, --http_port PORT          serve monitoring on this port
    -ms, --https_port PORT        serve monitoring over TLS on this port
    -c, --config FILE             read this configuration file
    -t                            check the configuration file and exit
    -sl, --signal SIGNAL[=PID]    send ldm, stop, quit, term, reopen or reload to a running server;
                                  PID is a number or the path of a pid file
    --client_advertise HOST:PORT  address that is announced to clients
    --ports_file_dir DIR          write NAME_PID.ports with the ports in use into this folder

Logging:
    -l, --log FILE                log to this file
    -T, --logtime                 put the time in front of each line (default true)
    --logtime_utc                 in UTC instead of local time
    -s, --syslog                  log to syslog
    -r, --remote_syslog ADDR      log to this syslog server (udp://localhost:514)
    -D, --debug                   log debug lines
    -V, --trace                   log the protocol
    -VV                           log the protocol, the system account's too
    -DV                           debug and protocol
    -DVV                          debug and protocol, the system account's too
    --log_size_limit BYTES        start a new log file at this size
    --max_traced_msg_len BYTES    cut logged messages at this length

JetStream:
    -js, --jetstream              enable JetStream
    -sd, --store_dir DIR          folder for its files

Authorization:
    --user USER                   user that clients must name
    --pass PASSWORD               and its password
    --auth TOKEN                  token that clients must present

TLS:
    --tls                         enable TLS without verifying clients
    --tlscert FILE                certificate of the server
    --tlskey FILE                 its private key
    --tlsverify                   enable TLS and verify client certificates
    --tlscacert FILE              certificates that client certificates are verified with

Cluster:
    --routes URL, URL             routes to connect to
    --cluster URL                 address for routes from other servers
    --cluster_name NAME           name of the cluster
    --no_advertise BOOL           do not tell clients about other servers
    --cluster_advertise HOST:PORT address that is announced to other servers
    --connect_retries NUMBER      attempts to connect to a route learnt from others
    --cluster_listen URL          address that routes may come in on

Profiling:
    --profile PORT                profiling port

Common:
    -h, --help                    show this text
    -v, --version                 show the version
    --help_tls                    show help on TLS
`;

export const tlsUsage = `
TLS for clients needs a certificate and its key:
    nats-server --tls --tlscert server.pem --tlskey server-key.pem
Add --tlsverify and --tlscacert ca.pem to ask clients for certificates of that authority.
In a configuration file the same is a block: tls { cert_file, key_file, ca_file, verify, timeout }.
`;
