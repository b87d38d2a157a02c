using System.Net;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Why an attempt has brought no answer.</summary>
internal enum AttemptFailure
{
    None,

    /// <summary>No connection: the destination has not seen a byte of the request.</summary>
    NotSent,

    /// <summary>The connection broke, or what came was no HTTP.</summary>
    Broken,

    /// <summary>The time to the first byte was over.</summary>
    TooSlow,

    /// <summary>The client went away, its body could not be read, or the time of the whole request was over.</summary>
    GivenUp,

    /// <summary>
    /// The destination does not speak the version that a WebSocket over HTTP/2 needs; the forwarder asks again in another.
    /// </summary>
    OtherVersion,
}

/// <summary>What became of sending a request to one destination: a response, or an error.</summary>
internal readonly record struct AttemptResult(Candidate Candidate, HttpResponseMessage? Response, Exception? Error, AttemptFailure Failure)
{
    /// <summary>What it says about the destination.</summary>
    public AttemptOutcome Outcome => Failure switch
    {
        AttemptFailure.None => (int)Response!.StatusCode >= StatusCodes.Status500InternalServerError ? AttemptOutcome.Failed : AttemptOutcome.Succeeded,
        AttemptFailure.NotSent => AttemptOutcome.Unreachable,
        AttemptFailure.GivenUp or AttemptFailure.OtherVersion => AttemptOutcome.Abandoned,
        _ => AttemptOutcome.Failed,
    };

    /// <summary>Whether the answer could be better elsewhere.</summary>
    public bool IsBad => Response is null || Response.StatusCode is
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
