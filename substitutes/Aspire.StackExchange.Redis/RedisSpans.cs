using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using OpenTelemetry;
using StackExchange.Redis.Profiling;

namespace Aspire.StackExchange.Redis;

/// <summary>
/// Turns the commands of a span into its children. The client profiles the commands sent while a recorded span is current;
/// when that span ends, they are written beside it. Commands outside any span cost nothing and leave none.
/// </summary>
internal sealed class RedisSpans : BaseProcessor<Activity>
{
    public const string SourceName = "OpenTelemetry.Instrumentation.StackExchangeRedis";

    private static readonly ActivitySource s_source = new(SourceName);

    // Weak, because a span that this provider does not process never comes back to be removed.
    private readonly ConditionalWeakTable<Activity, ProfilingSession> _sessions = [];

    public ProfilingSession? SessionOfCurrentSpan() =>
        Activity.Current is { IsAllDataRequested: true, Recorded: true, IsStopped: false } activity
            ? _sessions.GetValue(activity, static _ => new ProfilingSession())
            : null;

    public override void OnEnd(Activity data)
    {
        if (_sessions.TryGetValue(data, out var session))
        {
            _sessions.Remove(data);
            foreach (var command in session.FinishProfiling())
            {
                Write(command, data.Context);
            }
        }
    }

    private static void Write(IProfiledCommand command, ActivityContext parent)
    {
        var created = new DateTimeOffset(command.CommandCreated, TimeSpan.Zero);
        using var span = s_source.StartActivity(command.Command, ActivityKind.Client, parent, startTime: created);
        if (span is not { IsAllDataRequested: true })
        {
            return;
        }

        span.SetTag("db.system", "redis");
        span.SetTag("db.statement", command.Command);
        span.SetTag("db.redis.database_index", command.Db);
        span.SetTag("db.redis.flags", command.Flags.ToString());
        Address(span, command.EndPoint);
        var enqueued = created + command.CreationToEnqueued;
        var sent = enqueued + command.EnqueuedToSending;
        span.AddEvent(new ActivityEvent("Enqueued", enqueued));
        span.AddEvent(new ActivityEvent("Sent", sent));
        span.AddEvent(new ActivityEvent("ResponseReceived", sent + command.SentToResponse));
        span.SetEndTime(command.CommandCreated + command.ElapsedTime);
    }

    private static void Address(Activity span, EndPoint? endPoint)
    {
        switch (endPoint)
        {
            case IPEndPoint ip:
                span.SetTag("server.address", ip.Address.ToString());
                span.SetTag("server.port", ip.Port);
                span.SetTag("network.peer.address", ip.Address.ToString());
                span.SetTag("network.peer.port", ip.Port);
                break;
            case DnsEndPoint dns:
                span.SetTag("server.address", dns.Host);
                span.SetTag("server.port", dns.Port);
                break;
        }
    }
}
