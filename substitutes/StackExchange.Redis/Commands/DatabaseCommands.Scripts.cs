namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    public Task<RedisResult> ScriptEvaluateAsync(string script, RedisKey[]? keys, RedisValue[]? values, CommandFlags flags) =>
        Evaluate(new(Commands.Eval, Commands.Evalsha, script, keys, values), flags);

    public Task<RedisResult> ScriptEvaluateReadOnlyAsync(string script, RedisKey[]? keys, RedisValue[]? values, CommandFlags flags) =>
        Evaluate(new(Commands.EvalRo, Commands.EvalshaRo, script, keys, values), flags);

    public Task<RedisResult> ScriptEvaluateAsync(byte[] hash, RedisKey[]? keys, RedisValue[]? values, CommandFlags flags) =>
        Send(new ScriptCall(Commands.Eval, Commands.Evalsha, "", keys, values).Hashed(Owner, ScriptCache.Hex(hash)), Replies.Any, flags);

    public Task<RedisResult> ScriptEvaluateReadOnlyAsync(byte[] hash, RedisKey[]? keys, RedisValue[]? values, CommandFlags flags) =>
        Send(new ScriptCall(Commands.EvalRo, Commands.EvalshaRo, "", keys, values).Hashed(Owner, ScriptCache.Hex(hash)), Replies.Any, flags);

    public Task<RedisResult> ScriptEvaluateAsync(LuaScript script, object? parameters, CommandFlags flags) =>
        script.EvaluateAsync(this, parameters, null, flags);

    public Task<RedisResult> ScriptEvaluateAsync(LoadedLuaScript script, object? parameters, CommandFlags flags) =>
        script.EvaluateAsync(this, parameters, null, flags);

    private Task<RedisResult> Evaluate(ScriptCall call, CommandFlags flags)
    {
        ArgumentException.ThrowIfNullOrEmpty(call.Script, "script");
        if (ScriptCache.IsHash(call.Script)) return Send(call.Hashed(Owner, call.Script), Replies.Any, flags);
        var cached = MayResend && !flags.HasFlag(CommandFlags.NoScriptCache) && !flags.HasFlag(CommandFlags.FireAndForget) && Owner.Map.NameOf(call.ByHash.Name) is not null;
        if (!cached) return Send(call.Whole(Owner), Replies.Any, flags);
        var hash = Owner.Scripts.HashOf(call.Script);
        var frame = Owner.Scripts.IsKnown(hash) ? call.Hashed(Owner, hash) : call.Whole(Owner);
        var message = new ScriptMessage(Owner, call, hash, Database, frame.Command, flags, AsyncState)
        {
            Profile = Owner.Profile(Database, frame.Command, flags),
        };
        Deliver(message, frame);
        return message.Task;
    }
}
