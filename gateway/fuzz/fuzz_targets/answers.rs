#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    minzheng_gateway::probe::answers(data);
});
